/*
 * CHECK(condition): a claim about our own code, never about input. Active in debug, sanitizer and
 * fuzzing builds (PINSIGHT_CHECKS), where a false one aborts; nothing in a release build.
 */
#pragma once

#include <stdlib.h>

#ifdef PINSIGHT_CHECKS
#define CHECK(condition) ((condition) ? (void)0 : abort())
#else
#define CHECK(condition) ((void)sizeof(condition))
#endif
