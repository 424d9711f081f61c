/*
 * The step of a header that names the process behind a packet; the trailer that does so is found
 * by process_trailer of layer.h.
 */
#pragma once

#include "decode/layer.h"

enum step process_pktap(struct layers *l);
