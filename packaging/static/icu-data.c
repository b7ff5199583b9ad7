// In place of ICU's tables (34 MB: words, calendars and rules of all languages) a package of data without an entry, as the ICU project's own
// `stubdata` has it. What the program asks of Foundation needs none of them: characters' properties, which regular expressions use, are code.
#include <stdint.h>

struct package {
  uint16_t header_size;
  uint8_t magic[2];
  struct {
    uint16_t size, reserved;
    uint8_t is_big_endian, charset_family, char_size, unused, format[4], format_version[4], data_version[4];
  } about;
  uint8_t padding[8];
  uint32_t entries, end[5];
};

extern const struct package icudt76_dat;
__attribute__((aligned(16))) const struct package icudt76_dat = {
  .header_size = 32,
  .magic = {0xda, 0x27},
  .about = {.size = 20, .char_size = 2, .format = "ToCP", .format_version = {1}},
};
