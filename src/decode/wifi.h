/*
 * Steps of 802.11 data frames and of what capture tools put before them.
 */
#pragma once

#include "decode/layer.h"

enum step wifi_frame(struct layers *l);
enum step wifi_radiotap(struct layers *l);
enum step wifi_prism(struct layers *l);
enum step wifi_avs(struct layers *l);
