#include "talks.h"

static void smtp(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220-mail.example\r\n220 ESMTP\r\n"),
        TURN('C', "EHLO client.example\r\n"),
        TURN('S', "250-mail.example\r\n250-STARTTLS\r\n250 8BITMIME\r\n"),
        TURN('C', "STARTTLS\r\n"),
        TURN('S', "220 2.0.0 ready\r\n"),
        TURN('c', HELLO),
        TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("SMTP", turns);

    is_int(h->preamble.kinds, 1 << PREAMBLE_STARTTLS, "its kind");
    ok(h->preamble.upgraded, "it was upgraded");
    is_text(h->preamble.talk.target, "", "no target");
    is_int(h->preamble.hello_side, CLIENT_SIDE, "the client begins");
}

static void smtp_whose_greeting_was_not_captured(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "ehlo client.example\r\n"), TURN('S', "220 mail\r\n250 fine\r\n"),
        TURN('C', "starttls  \r\n"), TURN('S', "220 ready\r\n"), TURN('c', HELLO)};
    static const struct turn upper[TURNS_MAX] = {
        TURN('C', "EHLO client.example\r\n"), TURN('S', "220 mail\r\n250 fine\r\n"),
        TURN('C', "starttls  \r\n"), TURN('S', "220 ready\r\n"), TURN('c', HELLO)};

    talk_is_other("an opening in small letters is not known", turns);
    (void)talk_is_tls("SMTP with the client first, a command in small letters", upper);
}

static void lmtp_and_nntp(void)
{
    static const struct turn lmtp[TURNS_MAX] = {
        TURN('C', "LHLO x\r\n"), TURN('S', "220 a\r\n250 b\r\n"), TURN('C', "STARTTLS\r\n"),
        TURN('S', "220 c\r\n"), TURN('c', HELLO)};
    static const struct turn nntp[TURNS_MAX] = {
        TURN('S', "200 news.example\r\n"),
        TURN('C', "CAPABILITIES\r\n"),
        TURN('S', "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"),
        TURN('C', "STARTTLS\r\n"),
        TURN('S', "382 continue\r\n"),
        TURN('c', HELLO)};

    (void)talk_is_tls("LMTP", lmtp);
    (void)talk_is_tls("NNTP", nntp);
}

static void ftp(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 (vsFTPd 3.0.3)\r\n"), TURN('C', "AUTH TLS\r\n"),
        TURN('S', "234 Proceed\r\n"), TURN('c', HELLO), TURN('s', SERVER_HELLO)};
    static const struct turn again[TURNS_MAX] = {
        TURN('S', "220 ftp\r\n"),
        TURN('C', "FEAT\r\n"),
        TURN('S', "211-Features:\r\n AUTH SSL\r\n211 End\r\n"),
        TURN('C', "AUTH TLS\r\n"),
        TURN('S', "504 unknown\r\n"),
        TURN('C', "AUTH SSL\r\n"),
        TURN('S', "234 go\r\n"),
        TURN('c', HELLO)};

    (void)talk_is_tls("FTP", turns);
    is_int(talk_is_tls("FTP at the second try", again)->preamble.talk.refused, 1,
           "the first was refused");
}

static void pop3(void)
{
    static const struct turn turns[TURNS_MAX] = {TURN('S', "+OK ready\r\n"),
                                                 TURN('C', "CAPA\r\n"),
                                                 TURN('S', "+OK list\r\nSTLS\r\n.\r\n"),
                                                 TURN('C', "STLS\r\n"),
                                                 TURN('S', "+OK begin\r\n"),
                                                 TURN('c', HELLO),
                                                 TURN('s', SERVER_HELLO)};

    (void)talk_is_tls("POP3", turns);
}

static void imap(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
        TURN('C', "a1 CAPABILITY\r\n"),
        TURN('S', "* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n"),
        TURN('C', "a2 STARTTLS\r\n"),
        TURN('S', "* OK still here\r\na2 OK begin\r\n"),
        TURN('c', HELLO),
        TURN('s', SERVER_HELLO)};
    static const struct turn no[TURNS_MAX] = {
        TURN('S', "* OK ready\r\n"), TURN('C', ". STARTTLS\r\n"), TURN('S', ". BAD no\r\n"),
        TURN('C', ". LOGIN a b\r\n")};

    (void)talk_is_tls("IMAP", turns);
    talk_is_open("IMAP that refused", no);
}

static void an_imap_tag_has_its_longest(void)
{
    static const struct turn fits[TURNS_MAX] = {
        TURN('S', "* OK\r\n"), TURN('C', "12345678901234567890 STARTTLS\r\n"),
        TURN('S', "12345678901234567890 OK\r\n"), TURN('c', HELLO)};
    static const struct turn longer[TURNS_MAX] = {
        TURN('S', "* OK\r\n"), TURN('C', "123456789012345678901 STARTTLS\r\n"),
        TURN('S', "123456789012345678901 OK\r\n"), TURN('S', "x")};

    (void)talk_is_tls("a tag of 20 bytes", fits);
    talk_is_open("a longer one is not followed", longer);
}

static void sieve(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"),
        TURN('C', "STARTTLS\r\n"), TURN('S', "OK \"begin\"\r\n"), TURN('c', HELLO)};

    (void)talk_is_tls("ManageSieve", turns);
}

static void irc(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('C', "STARTTLS\r\n"),
        TURN('S', ":irc.example NOTICE * :*** Looking up\r\n"
                  ":irc.example 670 nick :STARTTLS successful\r\n"),
        TURN('c', HELLO)};
    static const struct turn no[TURNS_MAX] = {TURN('C', "CAP LS\r\nSTARTTLS\r\n"),
                                              TURN('S', ":irc.example 691 nick :no\r\n"),
                                              TURN('C', "NICK a\r\n")};

    (void)talk_is_tls("IRC", turns);
    talk_is_open("IRC that refused", no);
}

static void a_refusal_leads_nowhere(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 mail\r\n"), TURN('C', "STARTTLS\r\n"), TURN('S', "454 not now\r\n"),
        TURN('C', HELLO)};
    const struct heard *h = talk("TLS after a refusal", turns);

    is_int(h->preamble.verdict, PREAMBLE_UNDECIDED, "is taken for a line");
    is_int(h->preamble.talk.refused, 1, "the refusal is counted");
}

static void nothing_is_tls_without_the_command(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 mail\r\n"), TURN('C', "EHLO x\r\n"), TURN('S', "250 STARTTLS\r\n"),
        TURN('C', HELLO), TURN('S', SERVER_HELLO)};

    talk_is_open("TLS in the middle of SMTP", turns);
}

static void answers_are_told_apart(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "+OK ready\r\n"),     TURN('C', "CAPA\r\nNOOP\r\nSTLS\r\n"),
        TURN('S', "+OK list\r\n.\r\n"), TURN('S', "+OK\r\n"),
        TURN('S', "+OK begin\r\n"),     TURN('c', HELLO),
        TURN('s', SERVER_HELLO)};
    static const struct turn no[TURNS_MAX] = {TURN('S', "+OK ready\r\n"),
                                              TURN('C', "CAPA\r\nSTLS\r\n"),
                                              TURN('S', "+OK list\r\n.\r\n-ERR no\r\n")};

    (void)talk_is_tls("commands ahead of their answers", turns);
    is_int(talk("the last of which is refused", no)->preamble.talk.refused, 1,
           "is refused");
}

static void commands_behind_starttls_are_none(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 mail\r\n"), TURN('C', "STARTTLS\r\nMAIL FROM:<a@example>\r\n"),
        TURN('S', "220 go\r\n")};

    talk_is_other("a command behind STARTTLS", turns);
}

static void a_client_may_not_wait(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 mail\r\n"), TURN('C', "STARTTLS\r\n"), TURN('c', HELLO),
        TURN('S', "220-go\r\n220 on\r\n"), TURN('s', SERVER_HELLO)};
    const struct heard *h = talk_is_tls("a hello before the consent", turns);

    ok(h->preamble.upgraded, "it counts as an upgrade");
    ok(!h->preamble.owed, "the consent was stepped over");
}

static void consent_that_never_comes(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 mail\r\n"), TURN('C', "STARTTLS\r\n"), TURN('c', HELLO),
        TURN('S', "500 what\r\n"), TURN('s', "and more")};
    const struct heard *h = talk("a hello that is refused", turns);

    is_int(h->preamble.verdict, PREAMBLE_TLS, "is TLS on the client's side");
    is_int(h->preamble.talk.refused, 1, "and refused");
}

static void a_client_that_begins_with_tls(void)
{
    static const struct turn turns[TURNS_MAX] = {
        TURN('S', "220 mail\r\n"), TURN('c', HELLO), TURN('s', "500 what\r\n")};
    const struct heard *h = talk_is_tls("a greeting, then TLS", turns);

    ok(!h->preamble.upgraded && h->preamble.kinds == 0, "no preamble led to it");
}

static void a_lost_consent_does_not_matter(void)
{
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};

    hear(&h, !CLIENT_SIDE, span_of_text("220 mail\r\n"));
    hear(&h, CLIENT_SIDE, span_of_text("STARTTLS\r\n"));
    preamble_miss(&h.preamble, !CLIENT_SIDE);
    hear(&h, CLIENT_SIDE, span_of(HELLO, sizeof(HELLO) - 1));
    is_int(h.preamble.verdict, PREAMBLE_TLS, "the hello tells");
    ok(h.preamble.missed[!CLIENT_SIDE] && !h.preamble.owed, "the server's side has a hole");
}

static void a_client_may_only_say_so_much(void)
{
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};

    hear(&h, !CLIENT_SIDE, span_of_text("220 mail\r\n"));
    for (int i = 0; i < STARTTLS_COMMANDS_MAX; i++)
        hear(&h, CLIENT_SIDE, span_of_text("NOOP\r\n"));
    is_int(h.preamble.verdict, PREAMBLE_UNDECIDED, "so many lines");
    hear(&h, CLIENT_SIDE, span_of_text("NOOP\r\n"));
    is_int(h.preamble.verdict, PREAMBLE_OTHER, "and one more is enough");
}

static void bytes_without_an_end_are_given_up(void)
{
    static char noise[4096];
    struct heard h = {.preamble = {.verdict = PREAMBLE_UNDECIDED}};

    memset(noise, 'x', sizeof(noise));
    hear(&h, !CLIENT_SIDE, span_of_text("220 mail\r\n"));
    for (size_t n = 0; n <= PREAMBLE_BYTES_MAX; n += sizeof(noise))
        hear(&h, !CLIENT_SIDE, span_of(noise, sizeof(noise)));
    is_int(h.preamble.verdict, PREAMBLE_OTHER, "64 KiB lead nowhere");
}

int main(void)
{
    smtp();
    smtp_whose_greeting_was_not_captured();
    lmtp_and_nntp();
    ftp();
    pop3();
    imap();
    an_imap_tag_has_its_longest();
    sieve();
    irc();
    a_refusal_leads_nowhere();
    nothing_is_tls_without_the_command();
    answers_are_told_apart();
    commands_behind_starttls_are_none();
    a_client_may_not_wait();
    consent_that_never_comes();
    a_client_that_begins_with_tls();
    a_lost_consent_does_not_matter();
    a_client_may_only_say_so_much();
    bytes_without_an_end_are_given_up();
    return done_testing();
}
