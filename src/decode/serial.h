/*
 * Steps of PPP and its relatives on serial lines.
 */
#pragma once

#include "decode/layer.h"

enum step serial_pppoe(struct layers *l);
enum step serial_ppp(struct layers *l);
enum step serial_ppp_hdlc(struct layers *l);
enum step serial_cisco_hdlc(struct layers *l);
enum step serial_frame_relay(struct layers *l);
