// Files, plain or gzip: zlib reads both through one handle, tells damage from a plain end, and checks gzip's CRC at the end. A whole image
// in one gzip member is unpacked by libdeflate, which is faster but cannot stream. ISA-L packs: float maps in a quarter of libdeflate's time
// to the same size.
#include "CNIfTI.h"

#include "CFiles.h"
#include "CMachine.h"

#include <errno.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/// A gzip file being packed.
struct packer {
  struct isal_zstream gzip;
  uint8_t tables[ISAL_DEF_LVL2_DEFAULT];
  uint8_t packed[1 << 18];
};

struct pv_stream {
  gzFile gz;               // reading
  int fd;                  // writing
  struct packer *packer;   // compressed writing
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

/// Packs what the packer holds, and to its end where that was said; 0 or errno.
static int put_packed(struct packer *packer, int fd) {
  struct isal_zstream *gzip = &packer->gzip;
  do {
    gzip->next_out = packer->packed;
    gzip->avail_out = sizeof packer->packed;
    if (isal_deflate(gzip) != COMP_OK) return EIO;
    const int why = put_all(fd, packer->packed, sizeof packer->packed - gzip->avail_out);
    if (why) return why;
  } while (gzip->avail_in > 0 || (gzip->end_of_stream && gzip->internal_state.state != ZSTATE_END));
  return 0;
}

pv_stream *pv_stream_create(const char *path, int packs) {
  pv_stream *stream = calloc(1, sizeof *stream);
  struct packer *packer = stream && packs ? malloc(sizeof *packer) : NULL;
  if (!stream || (packs && !packer)) {
    free(stream);
    errno = ENOMEM;
    return NULL;
  }
  stream->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (stream->fd < 0) {
    const int why = errno;
    free(packer);
    free(stream);
    errno = why;
    return NULL;
  }
  if (!packs) return stream;
  isal_deflate_init(&packer->gzip);
  packer->gzip.gzip_flag = IGZIP_GZIP;
  packer->gzip.level = 2;
  packer->gzip.level_buf = packer->tables;
  packer->gzip.level_buf_size = sizeof packer->tables;
  stream->packer = packer;
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
  struct packer *packer = stream->packer;
  if (!packer) return put_all(stream->fd, bytes, count);
  for (size_t done = 0; done < count;) {
    const size_t some = count - done < (1u << 30) ? count - done : (1u << 30);
    packer->gzip.next_in = (uint8_t *)bytes + done;
    packer->gzip.avail_in = (uint32_t)some;
    const int why = put_packed(packer, stream->fd);
    if (why) return why;
    done += some;
  }
  return 0;
}

int pv_stream_close(pv_stream *stream) {
  int why = 0;
  if (stream->packer) {
    stream->packer->gzip.end_of_stream = 1;
    why = put_packed(stream->packer, stream->fd);
    free(stream->packer);
  }
  errno = 0;
  const int failed = stream->gz ? gzclose(stream->gz) == Z_ERRNO : stream->fd >= 0 && close(stream->fd) != 0;
  if (failed && !why) why = errno ? errno : EIO;
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
