#ifndef PELLUCID_CPNG_SHIM_H
#define PELLUCID_CPNG_SHIM_H

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* libpng reports errors by longjmp, which must not cross Swift: every call that may fail stands in one of the two functions here.
   Both return 0, or 1 with the reason in `why` (always terminated). */

typedef struct {
  unsigned char *bytes; /* malloc'd; the caller frees it */
  size_t count, capacity, offset;
  char *why;
  size_t why_size;
} cpng_buffer;

static inline void cpng_fail(png_structp png, png_const_charp message) {
  cpng_buffer *buffer = (cpng_buffer *)png_get_error_ptr(png);
  strncpy(buffer->why, message, buffer->why_size - 1);
  buffer->why[buffer->why_size - 1] = 0;
  png_longjmp(png, 1);
}

static inline void cpng_ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static inline void cpng_append(png_structp png, png_bytep data, png_size_t count) {
  cpng_buffer *buffer = (cpng_buffer *)png_get_io_ptr(png);
  if (count > buffer->capacity - buffer->count) {
    size_t capacity = buffer->capacity * 2 + count + 65536;
    unsigned char *bytes = (unsigned char *)realloc(buffer->bytes, capacity);
    if (!bytes) png_error(png, "out of memory");
    buffer->bytes = bytes;
    buffer->capacity = capacity;
  }
  memcpy(buffer->bytes + buffer->count, data, count);
  buffer->count += count;
}

static inline void cpng_flush(png_structp png) { (void)png; }

static inline void cpng_take(png_structp png, png_bytep data, png_size_t count) {
  cpng_buffer *buffer = (cpng_buffer *)png_get_io_ptr(png);
  if (count > buffer->count - buffer->offset) png_error(png, "the file ends too early");
  memcpy(data, buffer->bytes + buffer->offset, count);
  buffer->offset += count;
}

/* Encodes 8-bit RGB pixels (`rgb`: width*height*3 bytes, rows from the top) as sRGB, with `texts` pairs of key and UTF-8 text
   (keys of 1…79 Latin letters) and a resolution (pixels a metre; 0: not stated). Text beyond ASCII goes into iTXt chunks.
   `*bytes` is malloc'd. */
static inline int cpng_encode(
    const unsigned char *rgb, unsigned width, unsigned height, unsigned pixels_per_metre, const char *const *keys,
    const char *const *values, int texts, unsigned char **bytes, size_t *count, char *why, size_t why_size) {
  cpng_buffer buffer = {0, 0, 0, 0, why, why_size};
  png_infop info = 0;
  png_textp chunks = 0;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &buffer, cpng_fail, cpng_ignore);
  if (!png) {
    strncpy(why, "out of memory", why_size);
    return 1;
  }
  chunks = (png_textp)calloc(texts > 0 ? (size_t)texts : 1, sizeof(png_text));
  info = png_create_info_struct(png);
  if (!chunks || !info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    free(chunks);
    free(buffer.bytes);
    return 1;
  }
  png_set_write_fn(png, &buffer, cpng_append, cpng_flush);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB_gAMA_and_cHRM(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  if (pixels_per_metre) png_set_pHYs(png, info, pixels_per_metre, pixels_per_metre, PNG_RESOLUTION_METER);
  for (int t = 0; t < texts; t++) {
    int ascii = 1;
    for (const char *c = values[t]; *c; c++) ascii &= (unsigned char)*c < 128;
    chunks[t].compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    chunks[t].key = (png_charp)keys[t];
    chunks[t].text = (png_charp)values[t];
    chunks[t].lang = (png_charp) "en";
    chunks[t].lang_key = (png_charp)keys[t];
  }
  if (texts > 0) png_set_text(png, info, chunks, texts);
  png_set_compression_level(png, 1);  /* half the time of level 3 and both filters, a tenth larger */
  png_set_filter(png, 0, PNG_FILTER_UP);
  png_write_info(png, info);
  for (unsigned y = 0; y < height; y++) png_write_row(png, rgb + (size_t)y * width * 3);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  free(chunks);
  *bytes = buffer.bytes;
  *count = buffer.count;
  return 0;
}

/* Decodes any PNG to 8-bit RGB. `*rgb` (width*height*3 bytes) and `*texts` (key, newline, text, zero byte, for every text chunk)
   are malloc'd. Pictures of more than 2^28 pixels are refused. */
static inline int cpng_decode(
    const unsigned char *bytes, size_t count, unsigned char **rgb, unsigned *width, unsigned *height,
    unsigned *pixels_per_metre, unsigned char **texts, size_t *texts_count, char *why, size_t why_size) {
  cpng_buffer buffer = {(unsigned char *)bytes, count, count, 0, why, why_size};
  png_infop info = 0;
  unsigned char *volatile pixels = 0;
  unsigned char *volatile words = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &buffer, cpng_fail, cpng_ignore);
  if (!png) {
    strncpy(why, "out of memory", why_size);
    return 1;
  }
  info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, 0);
    free(pixels);
    free(words);
    return 1;
  }
  png_set_read_fn(png, &buffer, cpng_take);
  png_read_info(png, info);
  *width = png_get_image_width(png, info);
  *height = png_get_image_height(png, info);
  if ((unsigned long long)*width * *height > 1ULL << 28) png_error(png, "too many pixels");
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != (size_t)*width * 3) png_error(png, "unexpected row length");
  pixels = (unsigned char *)malloc((size_t)*width * *height * 3);
  if (!pixels) png_error(png, "out of memory");
  for (int pass = 0; pass < passes; pass++)
    for (unsigned y = 0; y < *height; y++) png_read_row(png, pixels + (size_t)y * *width * 3, 0);
  png_read_end(png, info);
  *pixels_per_metre = png_get_pixels_per_meter(png, info);
  png_textp chunks = 0;
  int chunk_count = 0;
  png_get_text(png, info, &chunks, &chunk_count);
  size_t size = 0;
  for (int t = 0; t < chunk_count; t++) size += strlen(chunks[t].key) + strlen(chunks[t].text) + 2;
  words = (unsigned char *)malloc(size + 1);
  if (!words) png_error(png, "out of memory");
  unsigned char *place = words;
  for (int t = 0; t < chunk_count; t++) {
    size_t key = strlen(chunks[t].key), text = strlen(chunks[t].text);
    memcpy(place, chunks[t].key, key);
    place[key] = '\n';
    memcpy(place + key + 1, chunks[t].text, text);
    place[key + 1 + text] = 0;
    place += key + text + 2;
  }
  png_destroy_read_struct(&png, &info, 0);
  *rgb = pixels;
  *texts = words;
  *texts_count = size;
  return 0;
}

#endif
