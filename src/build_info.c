#include "build_info.h"

#include <stdio.h>

#include "capture/source.h"
#include "crypto/digest.h"

void build_info_print(void)
{
    (void)printf("compiler: %s\n", __VERSION__);
    (void)printf("capture: %s\n", source_library());
    (void)printf("crypto: %s\n", digest_library());
    (void)printf("packed captures: gzip, zstd\n");
#ifdef PINSIGHT_CHECKS
    (void)printf("internal checks: on\n");
#else
    (void)printf("internal checks: off\n");
#endif
}
