// Files, plain or gzip: zlib reads both through one handle, tells damage from a plain end, and checks gzip's CRC at the end. A whole image
// in one gzip member is unpacked, and packed, by libdeflate, which is faster but cannot stream.
#include "CNIfTI.h"

#include "CFiles.h"
#include "CMachine.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct pv_stream {
  gzFile gz;  // reading, and compressed writing
  int fd;     // plain writing
  char *plain;         // reading: all that the file holds, once it was unpacked at once
  size_t length, at;
  cf_sha256 hash;  // reading: of the file's own bytes, as far as they went by
  int is_hashed;   // whether all of them did
};

pv_stream *pv_stream_open(const char *path) {
  pv_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  stream->fd = -1;
  errno = 0;
  stream->gz = gzopen(path, "rb");
  if (!stream->gz) {
    int why = errno ? errno : ENOMEM;
    free(stream);
    errno = why;
    return NULL;
  }
  gzbuffer(stream->gz, 1 << 16);
  cf_sha256_begin(&stream->hash, 0);
  return stream;
}

/// The whole of a regular file; NULL where it cannot be had.
static char *contents(const char *path, size_t most, size_t *length) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat about;
  char *bytes = NULL;
  if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 2 && (size_t)about.st_size <= most)
    bytes = malloc((size_t)about.st_size);
  *length = 0;
  while (bytes && *length < (size_t)about.st_size) {
    const ssize_t got = read(fd, bytes + *length, (size_t)about.st_size - *length);
    if (got <= 0) {
      free(bytes);
      bytes = NULL;
    } else {
      *length += (size_t)got;
    }
  }
  if (fd >= 0) close(fd);
  return bytes;
}

void pv_stream_unpack(pv_stream *stream, const char *path, size_t length) {
  if (gzdirect(stream->gz)) return;
  const size_t most = (size_t)1 << 29;
  size_t packed_length = 0;
  char *packed = length > 0 && length <= most ? contents(path, most, &packed_length) : NULL;
  if (!packed) return;
  struct libdeflate_decompressor *library = libdeflate_alloc_decompressor();
  char *plain = malloc(length);
  size_t used = 0;
  // Nothing but one member of just this length; anything else, and anything damaged, is the stream's to tell.
  if (library && plain &&
      libdeflate_gzip_decompress_ex(library, packed, packed_length, plain, length, &used, NULL) == LIBDEFLATE_SUCCESS &&
      used == packed_length) {
    stream->plain = plain;
    stream->length = length;
    plain = NULL;
    cf_sha256_add(&stream->hash, packed, packed_length);
    stream->is_hashed = 1;
  }
  free(plain);
  free(packed);
  if (library) libdeflate_free_decompressor(library);
}

/// Bytes that a strategy makes of a sample; `count` where it fails.
static size_t squeezed(const void *bytes, size_t count, int level, int strategy) {
  z_stream z = {0};
  if (deflateInit2(&z, level, Z_DEFLATED, 15, 9, strategy) != Z_OK) return count;
  size_t room = deflateBound(&z, count);
  unsigned char *out = malloc(room);
  size_t size = count;
  if (out) {
    z.next_in = (unsigned char *)bytes;
    z.avail_in = (unsigned)count;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    if (deflate(&z, Z_FINISH) == Z_STREAM_END) size = z.total_out;
  }
  free(out);
  deflateEnd(&z);
  return size;
}

int pv_runs_suffice(const void *bytes, size_t count, int level) {
  const size_t most = 1 << 20;
  const char *sample = bytes;
  if (count > most) {
    sample += (count - most) / 2;
    count = most;
  }
  return squeezed(sample, count, level, Z_RLE) <= squeezed(sample, count, level, Z_DEFAULT_STRATEGY) / 4 * 5;
}

/// Writes all bytes; 0 or errno.
static int put_all(int fd, const void *bytes, size_t count) {
  for (size_t done = 0; done < count;) {
    errno = 0;
    const ssize_t put = write(fd, (const char *)bytes + done, count - done < (1u << 30) ? count - done : (1u << 30));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return errno ? errno : EIO;
    done += (size_t)put;
  }
  return 0;
}

static void put_little_endian(unsigned char *to, uint32_t number, int bytes) {
  for (int n = 0; n < bytes; n++) to[n] = (unsigned char)(number >> (8 * n));
}

int pv_write_packed(const char *path, int level, const void *head, size_t head_count, const void *body, size_t body_count) {
  if (head_count > 0xffff || body_count > (size_t)1 << 28) return -1;
  struct libdeflate_compressor *library = libdeflate_alloc_compressor(level);
  const size_t room = library ? libdeflate_deflate_compress_bound(library, body_count) : 0;
  char *packed = library ? malloc(room) : NULL;
  const size_t size = packed ? libdeflate_deflate_compress(library, body, body_count, packed, room) : 0;
  if (library) libdeflate_free_compressor(library);
  if (size == 0) {
    free(packed);
    return -1;
  }
  // The library packs one block of memory. So that head and body need not be copied into one, the head goes before it as it is, in a stored
  // block that is not the last; such a block ends with a whole byte.
  unsigned char begin[15] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0};
  put_little_endian(begin + 11, (uint32_t)head_count, 2);
  put_little_endian(begin + 13, ~(uint32_t)head_count, 2);
  unsigned char end[8];
  put_little_endian(end, libdeflate_crc32(libdeflate_crc32(0, head, head_count), body, body_count), 4);
  put_little_endian(end + 4, (uint32_t)(head_count + body_count), 4);
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  int why = fd < 0 ? errno : put_all(fd, begin, sizeof begin);
  if (!why) why = put_all(fd, head, head_count);
  if (!why) why = put_all(fd, packed, size);
  if (!why) why = put_all(fd, end, sizeof end);
  if (fd >= 0 && close(fd) != 0 && !why) why = errno;
  free(packed);
  return why;
}

pv_stream *pv_stream_create(const char *path, int level, int runs_only) {
  pv_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return NULL;
  stream->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (stream->fd < 0) {
    int why = errno;
    free(stream);
    errno = why;
    return NULL;
  }
  if (level == 0) return stream;
  char mode[] = {'w', 'b', (char)('0' + level), runs_only ? 'R' : 0, 0};
  stream->gz = gzdopen(stream->fd, mode);
  if (!stream->gz) {
    close(stream->fd);
    free(stream);
    errno = ENOMEM;
    return NULL;
  }
  gzbuffer(stream->gz, 1 << 17);
  return stream;
}

int64_t pv_stream_read(pv_stream *stream, void *bytes, size_t count) {
  if (stream->plain) {
    const size_t left = stream->length - stream->at, got = count < left ? count : left;
    memcpy(bytes, stream->plain + stream->at, got);
    stream->at += got;
    return (int64_t)got;
  }
  size_t have = 0;
  while (have < count) {
    size_t want = count - have < (1u << 30) ? count - have : (1u << 30);
    int got = gzread(stream->gz, (char *)bytes + have, (unsigned)want);
    if (got < 0) return -1;
    if (got == 0) break;
    have += (size_t)got;
  }
  if (gzdirect(stream->gz)) {
    cf_sha256_add(&stream->hash, bytes, have);
    stream->is_hashed = gzeof(stream->gz);
  }
  return (int64_t)have;
}

int pv_stream_digest(const pv_stream *stream, uint8_t digest[32]) {
  if (!stream->is_hashed) return 0;
  cf_sha256 hash = stream->hash;
  cf_sha256_end(&hash, digest);
  return 1;
}

int pv_stream_is_compressed(pv_stream *stream) { return stream->plain != NULL || !gzdirect(stream->gz); }

int pv_stream_is_cut(pv_stream *stream) {
  int code = Z_OK;
  gzerror(stream->gz, &code);
  return code == Z_BUF_ERROR;
}

int pv_stream_write(pv_stream *stream, const void *bytes, size_t count) {
  size_t done = 0;
  while (done < count) {
    size_t want = count - done < (1u << 30) ? count - done : (1u << 30);
    errno = 0;
    ssize_t put = stream->gz ? gzwrite(stream->gz, (const char *)bytes + done, (unsigned)want)
                             : write(stream->fd, (const char *)bytes + done, want);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return errno ? errno : EIO;
    done += (size_t)put;
  }
  return 0;
}

int pv_stream_close(pv_stream *stream) {
  errno = 0;
  int failed = 0;
  if (stream->gz) {
    failed = gzclose(stream->gz) == Z_ERRNO;
  } else if (stream->fd >= 0) {
    failed = close(stream->fd) != 0;
  }
  int why = failed ? (errno ? errno : EIO) : 0;
  free(stream->plain);
  free(stream);
  return why;
}

size_t pv_inflate(const uint8_t *packed, size_t count, uint8_t *bytes, size_t room) {
  z_stream z = {0};
  if (inflateInit(&z) != Z_OK) return 0;
  z.next_in = (unsigned char *)packed;
  z.avail_in = (unsigned)count;
  z.next_out = bytes;
  z.avail_out = (unsigned)room;
  const int status = inflate(&z, Z_FINISH);
  const size_t made = z.total_out;
  inflateEnd(&z);
  return status == Z_STREAM_END || status == Z_OK || status == Z_BUF_ERROR ? made : 0;
}

size_t pv_gzip_bound(size_t count) { return libdeflate_gzip_compress_bound(NULL, count); }

size_t pv_gzip(const uint8_t *bytes, size_t count, int level, uint8_t *packed, size_t room) {
  struct libdeflate_compressor *library = libdeflate_alloc_compressor(level);
  if (!library) return 0;
  const size_t made = libdeflate_gzip_compress(library, bytes, count, packed, room);
  libdeflate_free_compressor(library);
  return made;
}

uint64_t pv_machine_memory(void) { return cm_memory(); }
