/* The version of the program, as events and `pinsight -V` name it. */
#pragma once

#define PINSIGHT_VERSION "0.1.0"
