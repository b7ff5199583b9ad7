// SHA-256 (NIST FIPS 180-4, sections 4.1.2, 4.2.2, 5 and 6.2), by the processor's own instructions where it has them.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CFiles.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turned(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }

static void absorb_plainly(uint32_t state[8], const uint8_t *bytes, size_t blocks) {
  uint32_t w[64];
  for (; blocks > 0; blocks--, bytes += 64) {
    for (int t = 0; t < 16; t++) {
      const uint8_t *p = bytes + 4 * t;
      w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    }
    for (int t = 16; t < 64; t++) {
      uint32_t small0 = turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ (w[t - 15] >> 3);
      uint32_t small1 = turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ (w[t - 2] >> 10);
      w[t] = small1 + w[t - 7] + small0 + w[t - 16];
    }
    uint32_t v[8];
    memcpy(v, state, sizeof v);
    for (int t = 0; t < 64; t++) {
      uint32_t big1 = turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25);
      uint32_t first = v[7] + big1 + (v[6] ^ (v[4] & (v[5] ^ v[6]))) + K[t] + w[t];
      uint32_t big0 = turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22);
      uint32_t second = big0 + ((v[0] & v[1]) | (v[2] & (v[0] | v[1])));
      memmove(v + 1, v, 7 * sizeof v[0]);
      v[4] += first;
      v[0] = first + second;
    }
    for (int n = 0; n < 8; n++) state[n] += v[n];
  }
}

#if defined(__x86_64__)
// The instructions want the state as two registers, of a, b, e, f and of c, d, g, h.
__attribute__((target("sha,sse4.1"))) static void absorb_by_instructions(
    uint32_t state[8], const uint8_t *bytes, size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  __m128i abef = _mm_alignr_epi8(low, high, 8);
  __m128i cdgh = _mm_blend_epi16(high, low, 0xF0);
  for (; blocks > 0; blocks--, bytes += 64) {
    __m128i abef_before = abef, cdgh_before = cdgh, w[4];
    for (int n = 0; n < 4; n++) {
      w[n] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * n)), big_endian);
    }
    for (int four = 0; four < 16; four++) {
      int n = four & 3;
      if (four >= 4) {
        __m128i last = w[(n + 3) & 3];
        __m128i sum = _mm_add_epi32(
            _mm_sha256msg1_epu32(w[n], w[(n + 1) & 3]), _mm_alignr_epi8(last, w[(n + 2) & 3], 4));
        w[n] = _mm_sha256msg2_epu32(sum, last);
      }
      __m128i keyed = _mm_add_epi32(w[n], _mm_loadu_si128((const __m128i *)(K + 4 * four)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, keyed);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(keyed, 0x0E));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  low = _mm_shuffle_epi32(abef, 0x1B);
  high = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

static int has_instructions(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1) && __get_cpuid(1, &a, &b, &c, &d) && (c >> 19 & 1);
}
#endif

static void absorb(cf_sha256 *hash, const uint8_t *bytes, size_t blocks) {
#if defined(__x86_64__)
  if (!hash->plainly && has_instructions()) {
    absorb_by_instructions(hash->state, bytes, blocks);
    return;
  }
#endif
  absorb_plainly(hash->state, bytes, blocks);
}

void cf_sha256_begin(cf_sha256 *hash, int plainly) {
  static const uint32_t start[8] = {
      0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  };
  memset(hash, 0, sizeof *hash);
  memcpy(hash->state, start, sizeof start);
  hash->plainly = plainly;
}

void cf_sha256_add(cf_sha256 *hash, const void *bytes, size_t count) {
  const uint8_t *from = bytes;
  size_t held = hash->count % 64;
  hash->count += count;
  if (held > 0) {
    size_t now = count < 64 - held ? count : 64 - held;
    memcpy(hash->rest + held, from, now);
    from += now;
    count -= now;
    if (held + now < 64) return;
    absorb(hash, hash->rest, 1);
  }
  absorb(hash, from, count / 64);
  if (count % 64 > 0) memcpy(hash->rest, from + count / 64 * 64, count % 64);
}

void cf_sha256_end(cf_sha256 *hash, uint8_t digest[32]) {
  uint64_t bits = hash->count * 8;
  uint8_t tail[72] = {0x80};
  size_t padding = (hash->count % 64 < 56 ? 56 : 120) - hash->count % 64;
  for (int n = 0; n < 8; n++) tail[padding + (size_t)n] = (uint8_t)(bits >> (56 - 8 * n));
  cf_sha256_add(hash, tail, padding + 8);
  for (int n = 0; n < 32; n++) digest[n] = (uint8_t)(hash->state[n / 4] >> (24 - 8 * (n % 4)));
}

int cf_sha256_file(const char *path, uint8_t digest[32]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  enum { BLOCK = 1 << 18 };
  uint8_t *bytes = malloc(BLOCK);
  int why = bytes == NULL ? ENOMEM : 0;
  cf_sha256 hash;
  cf_sha256_begin(&hash, 0);
  while (why == 0) {
    ssize_t got = read(fd, bytes, BLOCK);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) why = errno;
    if (got <= 0) break;
    cf_sha256_add(&hash, bytes, (size_t)got);
  }
  cf_sha256_end(&hash, digest);
  free(bytes);
  close(fd);
  return why;
}
