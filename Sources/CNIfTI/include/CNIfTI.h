// The door to libnifti and zlib: a few verbs on plain numbers, so that no nifti structure, no gzFile and no message on standard
// error reaches the Swift side. Nothing here trusts a header: sizes are always passed in, and checked by the caller.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The fields of a NIfTI-1, NIfTI-2 or Analyze 7.5 header that Pellucid uses, in this machine's byte order, as stored.
typedef struct pv_header {
  int32_t version;      // 0 Analyze 7.5, 1 NIfTI-1, 2 NIfTI-2
  int32_t swapped;      // 1: the file is in the other byte order
  int32_t single_file;  // 1: the magic says that header and voxels share one file
  int32_t sizeof_hdr;
  int32_t datatype, bitpix;
  int32_t qform_code, sform_code, xyzt_units;
  int32_t glmax, glmin;  // Analyze: the stored values' range, which SPM2 scales by
  int64_t dim[8];
  double pixdim[8];
  double vox_offset, scl_slope, scl_inter, cal_min, cal_max;
  double quatern[3], qoffset[3];
  double srow[12];
  int16_t origin[3];  // Analyze: SPM's 1-based voxel of the world's origin
  char descrip[80];
  char intent_name[16];
} pv_header;

/// Bytes of the largest header.
enum { PV_HEADER_BYTES = 540 };

/// Reads a header's fields; 0: done, 1: neither NIfTI nor Analyze, 2: too few bytes.
int pv_header_parse(const uint8_t *_Nonnull bytes, size_t count, pv_header *_Nonnull header);

/// Writes a NIfTI-1 or -2 single-file header (352 or 544 bytes with the empty extension flag) of float32 voxels, or of RGB24 where
/// `datatype` is 128; returns the bytes written.
size_t pv_header_write(const pv_header *_Nonnull header, uint8_t *_Nonnull bytes);

/// Quaternion (b, c, d), qfac and voxel sizes of the rotation nearest to a 3×4 affine.
void pv_quaternion(const double *_Nonnull affine, double *_Nonnull bcd, double *_Nonnull sizes, double *_Nonnull qfac);

/// Bytes of a voxel of a NIfTI datatype; 0: unknown to the standard.
int pv_datatype_bytes(int datatype);
/// 1: its voxels are floating-point numbers, which may be NaN or infinite.
int pv_datatype_is_float(int datatype);

typedef struct pv_stream pv_stream;

/// Opens a plain or gzip-compressed file for reading; NULL: see errno.
pv_stream *_Nullable pv_stream_open(const char *_Nonnull path);
/// Unpacks a gzip file of which nothing was read yet at once, which is up to three times as fast, if it holds `length` bytes just so; else
/// does nothing.
void pv_stream_unpack(pv_stream *_Nonnull stream, const char *_Nonnull path, size_t length);
/// Opens a file for writing; `packs`: as gzip. NULL: see errno.
pv_stream *_Nullable pv_stream_create(const char *_Nonnull path, int packs);
/// Reads up to `count` bytes; fewer at the end of the file; −1: the compressed data are damaged or the file cannot be read.
int64_t pv_stream_read(pv_stream *_Nonnull stream, void *_Nonnull bytes, size_t count);
/// 1: the file is gzip-compressed. Known after the first read.
int pv_stream_is_compressed(pv_stream *_Nonnull stream);
/// The SHA-256 of the file's own bytes, if all of them went by; 0: they did not, as those of several gzip members.
int pv_stream_digest(const pv_stream *_Nonnull stream, uint8_t *_Nonnull digest);
/// 1: the compressed data end in their middle.
int pv_stream_is_cut(pv_stream *_Nonnull stream);
/// 0: all bytes were taken; otherwise errno.
int pv_stream_write(pv_stream *_Nonnull stream, const void *_Nonnull bytes, size_t count);
/// 0: closed, and for writing everything is in the file; otherwise errno.
int pv_stream_close(pv_stream *_Nonnull stream);

/// Unpacks a zlib stream; returns the bytes that came out, at most `room`; 0: it is none.
size_t pv_inflate(const uint8_t *_Nonnull packed, size_t count, uint8_t *_Nonnull bytes, size_t room);

/// The most bytes that `pv_gzip` makes of so many.
size_t pv_gzip_bound(size_t count);
/// Packs bytes as one gzip member at `level` 1…12; returns the bytes that came out; 0: they did not fit, or there is no memory.
size_t pv_gzip(const uint8_t *_Nonnull bytes, size_t count, int level, uint8_t *_Nonnull packed, size_t room);

/// Bytes of memory that this process may have.
uint64_t pv_machine_memory(void);

/// Of the finite among some numbers: Σ of those above and of those below 0, the least (∞ where there is none), the largest (−∞), how many.
typedef struct pv_sums {
  double positive, negative;
  float minimum, maximum;
  int64_t finite;
} pv_sums;
void pv_sums_of(const float *_Nonnull values, size_t count, pv_sums *_Nonnull sums);
/// Σ (x − mean)².
double pv_squares_around(double mean, const float *_Nonnull values, size_t count);
/// Asks the system for pages of 2 MiB within memory that was not touched yet: each page is cleared at its first touch, which costs as much as
/// the work on it where pages are small.
void pv_prefer_large_pages(void *_Nonnull memory, size_t bytes);

/// Converts stored voxels to float: values × slope + intercept, computed in double; `scaled` 0: the values themselves.
/// Returns 0, or 1 where the datatype is not a real number type.
int pv_convert(const void *_Nonnull raw, size_t count, int datatype, int swapped, int scaled, double slope, double intercept,
               float *_Nonnull out);

/// Index of the first value that is NaN or infinite; `count`: none.
size_t pv_first_not_finite(const float *_Nonnull values, size_t count);

#ifdef __cplusplus
}
#endif
