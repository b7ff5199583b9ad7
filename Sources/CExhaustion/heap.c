#include "CExhaustion.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

void ce_return_large_blocks(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 24 << 20);
#endif
}
