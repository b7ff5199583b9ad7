// Header bytes to plain fields and back, with libnifti's structures and byte swapping.
#include "CNIfTI.h"

#include <nifti/nifti2_io.h>
#include <string.h>

static int32_t swapped32(int32_t value) { return (int32_t)__builtin_bswap32((uint32_t)value); }

/// 0: this machine's order, 1: the other, −1: neither says so. `sizeof_hdr` decides, then the rank.
static int byte_order(int32_t size, int32_t expected, int rank, int swapped_rank) {
  if (size == expected) return 0;
  if (swapped32(size) == expected) return 1;
  if (rank >= 1 && rank <= 7) return 0;
  if (swapped_rank >= 1 && swapped_rank <= 7) return 1;
  return -1;
}

static void take1(const nifti_1_header *n, pv_header *h) {
  h->sizeof_hdr = n->sizeof_hdr;
  for (int a = 0; a < 8; a++) {
    h->dim[a] = n->dim[a];
    h->pixdim[a] = n->pixdim[a];
  }
  h->datatype = n->datatype;
  h->bitpix = n->bitpix;
  h->vox_offset = n->vox_offset;
  h->scl_slope = n->scl_slope;
  h->scl_inter = n->scl_inter;
  h->cal_min = n->cal_min;
  h->cal_max = n->cal_max;
  h->glmax = n->glmax;
  h->glmin = n->glmin;
  memcpy(h->descrip, n->descrip, 80);
  if (h->version == 0) return;
  h->xyzt_units = (unsigned char)n->xyzt_units;
  h->qform_code = n->qform_code;
  h->sform_code = n->sform_code;
  h->quatern[0] = n->quatern_b, h->quatern[1] = n->quatern_c, h->quatern[2] = n->quatern_d;
  h->qoffset[0] = n->qoffset_x, h->qoffset[1] = n->qoffset_y, h->qoffset[2] = n->qoffset_z;
  for (int c = 0; c < 4; c++) h->srow[c] = n->srow_x[c], h->srow[4 + c] = n->srow_y[c], h->srow[8 + c] = n->srow_z[c];
  memcpy(h->intent_name, n->intent_name, 16);
}

static void take2(const nifti_2_header *n, pv_header *h) {
  h->sizeof_hdr = n->sizeof_hdr;
  for (int a = 0; a < 8; a++) {
    h->dim[a] = n->dim[a];
    h->pixdim[a] = n->pixdim[a];
  }
  h->datatype = n->datatype;
  h->bitpix = n->bitpix;
  h->vox_offset = (double)n->vox_offset;
  h->scl_slope = n->scl_slope;
  h->scl_inter = n->scl_inter;
  h->cal_min = n->cal_min;
  h->cal_max = n->cal_max;
  h->xyzt_units = n->xyzt_units & 0xff;
  h->qform_code = n->qform_code;
  h->sform_code = n->sform_code;
  h->quatern[0] = n->quatern_b, h->quatern[1] = n->quatern_c, h->quatern[2] = n->quatern_d;
  h->qoffset[0] = n->qoffset_x, h->qoffset[1] = n->qoffset_y, h->qoffset[2] = n->qoffset_z;
  for (int c = 0; c < 4; c++) h->srow[c] = n->srow_x[c], h->srow[4 + c] = n->srow_y[c], h->srow[8 + c] = n->srow_z[c];
  memcpy(h->descrip, n->descrip, 80);
  memcpy(h->intent_name, n->intent_name, 16);
}

/// SPM keeps five 16-bit numbers in Analyze's `originator` field, at byte 253.
static void take_origin(const uint8_t *bytes, pv_header *h) {
  for (int a = 0; a < 3; a++) {
    uint16_t value;
    memcpy(&value, bytes + 253 + 2 * a, 2);
    h->origin[a] = (int16_t)(h->swapped ? __builtin_bswap16(value) : value);
  }
}

int pv_header_parse(const uint8_t *bytes, size_t count, pv_header *h) {
  memset(h, 0, sizeof *h);
  if (count < 348) return 2;
  nifti_1_header n1;
  memcpy(&n1, bytes, 348);
  int is_nifti1 = memcmp(n1.magic, "n+1", 4) == 0 || memcmp(n1.magic, "ni1", 4) == 0;
  int is_nifti2 = !is_nifti1 && (n1.sizeof_hdr == 540 || swapped32(n1.sizeof_hdr) == 540);
  if (is_nifti2) {
    if (count < 540) return 2;
    nifti_2_header n2;
    memcpy(&n2, bytes, 540);
    if (memcmp(n2.magic, "n+2", 4) != 0 && memcmp(n2.magic, "ni2", 4) != 0) return 1;
    h->version = 2;
    h->single_file = n2.magic[1] == '+';
    h->swapped = n2.sizeof_hdr != 540;
    if (h->swapped) nifti_swap_as_nifti2(&n2);
    take2(&n2, h);
    return 0;
  }
  h->version = is_nifti1 ? 1 : 0;
  if (!is_nifti1 && n1.sizeof_hdr != 348 && swapped32(n1.sizeof_hdr) != 348) return 1;
  h->single_file = is_nifti1 && n1.magic[1] == '+';
  int order = byte_order(n1.sizeof_hdr, 348, n1.dim[0], (int16_t)__builtin_bswap16((uint16_t)n1.dim[0]));
  if (order < 0) return 1;
  h->swapped = order;
  if (order) {
    // The fields of Analyze that Pellucid uses stand where NIfTI-1 has them, with the same widths.
    nifti_swap_as_nifti1(&n1);
  }
  take1(&n1, h);
  if (!is_nifti1) take_origin(bytes, h);
  return 0;
}

/// Voxels are written as float32, or as colours where the header says so.
static short stored_type(const pv_header *h) { return h->datatype == DT_RGB24 ? DT_RGB24 : DT_FLOAT32; }
static short stored_bits(const pv_header *h) { return h->datatype == DT_RGB24 ? 24 : 32; }

size_t pv_header_write(const pv_header *h, uint8_t *bytes) {
  size_t total = h->version == 2 ? 544 : 352;
  memset(bytes, 0, total);
  if (h->version == 2) {
    nifti_2_header n;
    memset(&n, 0, sizeof n);
    n.sizeof_hdr = 540;
    memcpy(n.magic, "n+2\0\r\n\032\n", 8);
    for (int a = 0; a < 8; a++) n.dim[a] = h->dim[a], n.pixdim[a] = h->pixdim[a];
    n.datatype = stored_type(h), n.bitpix = stored_bits(h), n.vox_offset = 544;
    n.scl_slope = 1, n.cal_min = h->cal_min, n.cal_max = h->cal_max;
    n.xyzt_units = h->xyzt_units, n.qform_code = h->qform_code, n.sform_code = h->sform_code;
    n.quatern_b = h->quatern[0], n.quatern_c = h->quatern[1], n.quatern_d = h->quatern[2];
    n.qoffset_x = h->qoffset[0], n.qoffset_y = h->qoffset[1], n.qoffset_z = h->qoffset[2];
    for (int c = 0; c < 4; c++) n.srow_x[c] = h->srow[c], n.srow_y[c] = h->srow[4 + c], n.srow_z[c] = h->srow[8 + c];
    memcpy(n.descrip, h->descrip, 79);
    memcpy(n.intent_name, h->intent_name, 15);
    memcpy(bytes, &n, 540);
    return total;
  }
  nifti_1_header n;
  memset(&n, 0, sizeof n);
  n.sizeof_hdr = 348;
  n.regular = 'r';
  memcpy(n.magic, "n+1", 4);
  for (int a = 0; a < 8; a++) n.dim[a] = (short)h->dim[a], n.pixdim[a] = (float)h->pixdim[a];
  n.datatype = stored_type(h), n.bitpix = stored_bits(h), n.vox_offset = 352;
  n.scl_slope = 1, n.cal_min = (float)h->cal_min, n.cal_max = (float)h->cal_max;
  n.xyzt_units = (char)h->xyzt_units, n.qform_code = (short)h->qform_code, n.sform_code = (short)h->sform_code;
  n.quatern_b = (float)h->quatern[0], n.quatern_c = (float)h->quatern[1], n.quatern_d = (float)h->quatern[2];
  n.qoffset_x = (float)h->qoffset[0], n.qoffset_y = (float)h->qoffset[1], n.qoffset_z = (float)h->qoffset[2];
  for (int c = 0; c < 4; c++) {
    n.srow_x[c] = (float)h->srow[c], n.srow_y[c] = (float)h->srow[4 + c], n.srow_z[c] = (float)h->srow[8 + c];
  }
  memcpy(n.descrip, h->descrip, 79);
  memcpy(n.intent_name, h->intent_name, 15);
  memcpy(bytes, &n, 348);
  return total;
}

void pv_quaternion(const double *affine, double *bcd, double *sizes, double *qfac) {
  nifti_dmat44 m;
  memset(&m, 0, sizeof m);
  for (int r = 0; r < 3; r++) {
    for (int c = 0; c < 4; c++) m.m[r][c] = affine[4 * r + c];
  }
  m.m[3][3] = 1;
  double x, y, z;
  nifti_dmat44_to_quatern(m, &bcd[0], &bcd[1], &bcd[2], &x, &y, &z, &sizes[0], &sizes[1], &sizes[2], qfac);
}

int pv_datatype_is_float(int datatype) {
  return datatype == DT_FLOAT32 || datatype == DT_FLOAT64 || datatype == DT_FLOAT128;
}

int pv_datatype_bytes(int datatype) {
  int bytes = 0, swap_unit = 0;
  nifti_datatype_sizes(datatype, &bytes, &swap_unit);
  return bytes;
}
