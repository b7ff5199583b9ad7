// The files of the page's front end, as they stand in `page`, within the program.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The bytes of a file by its name and how many they are; NULL: there is none of the name.
const unsigned char *_Nullable pf_file(const char *_Nonnull name, size_t *_Nonnull count);

#ifdef __cplusplus
}
#endif
