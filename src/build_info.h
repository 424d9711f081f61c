/* What the program was built from, for --build-info. */
#pragma once

void build_info_print(void);
