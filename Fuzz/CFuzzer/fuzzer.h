// What libFuzzer offers to programs with a main of their own; its runtime comes with the Swift toolchain's clang (-sanitize=fuzzer).
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
