/*
 * One revision of a finding as a block of text for a person: a headline, what was found and why,
 * the sessions and controls it rests on, and what to do next. Lines have at most ALERT_TEXT_COLUMNS
 * columns; a blank line ends the block. Characters that could change how the rest is shown
 * (direction and zero-width marks in names from the wire) are written as escapes.
 */
#pragma once

#include "alert/paragraph.h"
#include "detect/finding.h"

#define ALERT_TEXT_COLUMNS PARAGRAPH_COLUMNS

/* Bytes that the largest block needs. */
#define ALERT_TEXT_MAX 32768

/* Append the block; with `colour` the severity stands out by terminal codes. */
void alert_text_write(const struct finding *f, bool colour, struct text *out);

/* The first part of it: what it is about, and the sentence that says so. */
void alert_text_write_subject(const struct finding *f, bool colour, struct text *out);

/* What feeds tell, the destination's own certificates, the app's pin, and who forges. */
void alert_text_write_background(const struct finding *f, struct text *out);
