# prove's usual report, and as its last line the number of assertions: "N passed, N failed".
# A program that died or broke its plan without a failed assertion counts as one failure.
package TestCount;

use strict;
use warnings;

use TAP::Formatter::Console;
use TAP::Formatter::File;

our @ISA = (-t STDOUT ? 'TAP::Formatter::Console' : 'TAP::Formatter::File');

sub summary {
    my ($self, $aggregate, $interrupted) = @_;
    my ($passed, $failed, $skipped) = (0, 0, 0);

    for my $parser ($aggregate->parsers) {
        my $skips = () = $parser->skipped;
        my $actual_fails = () = $parser->failed;
        my $passes = () = $parser->passed;

        $passed += $passes - $skips;
        $skipped += $skips + ($parser->skip_all ? 1 : 0);
        $failed += $actual_fails || ($parser->has_problems ? 1 : 0);
    }
    $failed++ if $interrupted || $passed + $failed + $skipped == 0;
    $self->SUPER::summary($aggregate, $interrupted);
    $self->_output("$passed passed, $failed failed" . ($skipped ? ", $skipped skipped" : '') . "\n");
    return;
}

1;
