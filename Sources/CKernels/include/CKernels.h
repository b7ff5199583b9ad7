// The engine's C interface: oneDNN, and the kernels that it lacks, on plain pointers.
//
// Activations are float32, channels last (N, D, H, W, C), contiguous; weights are in ONNX's order (O, I/groups, kD, kH, kW).
// Every verb that can fail returns 0 when done, else another number and a reason in `why`. No C++ type crosses this border, and no
// exception leaves it. All verbs are synchronous and may be called from several threads at once, also on one convolution; each call
// computes with the caller's `pk_threads()` threads of the pool that oneDNN uses too. Calls that share their work among several threads
// wait for one another.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---- memory: large blocks on huge pages, recycled, because fresh pages cost more than the arithmetic done on them

/// What some work has taken and not given back, and the passes that it made. Each thread has one of its own unless it is told to share another's.
typedef struct pk_account pk_account;

/// A block of at least `bytes`, aligned to 64; its true size in `capacity`, and in `account` that of the calling thread, to which it is
/// counted until it is given back. NULL where the machine has no more.
void *_Nullable pk_take(
    size_t bytes, size_t *_Nonnull capacity, pk_account *_Nullable *_Nonnull account);
/// Gives a block back for reuse, from whichever thread.
void pk_give(void *_Nonnull block, size_t capacity, pk_account *_Nonnull account);
/// Bytes of memory that this process may have: the machine's, or less where a limit says so.
size_t pk_machine_memory(void);
/// Whether a block of so many bytes could be had now, as far as the system tells; blocks below 64 MiB always.
int pk_has_room(size_t bytes);
/// Frees every block that nobody uses.
void pk_release_idle(void);

/// Bytes that the blocks of an account shall not exceed, and all blocks together, in use and idle, before idle ones go; by default a
/// quarter of the machine's. Who takes blocks has to see to those in use.
size_t pk_memory_limit(void);
/// 0: the default.
void pk_set_memory_limit(size_t bytes);
/// Bytes in the calling thread's account.
int64_t pk_memory_taken(void);
/// The most that this was since it was last restarted; restarts it at what it is now unless `restart` is 0.
int64_t pk_memory_peak(int restart);
/// Counts passes of so many images over a network to the calling thread's account: forward, or backward unless `backward` is 0.
void pk_count_passes(int64_t images, int backward);
/// The passes counted so far.
int64_t pk_passes(int backward);
/// The calling thread's account, held until it is let go of.
pk_account *_Nonnull pk_account_hold(void);
void pk_account_let_go(pk_account *_Nonnull account);
/// From now on the calling thread counts to this account too.
void pk_account_share(pk_account *_Nonnull account);

// ---- threads

/// Number of threads that a call from this thread may use: what the program asked for, by default all cores; fewer where this thread is
/// limited or where the system does not give as many; one inside a parallel loop.
int pk_threads(void);
/// What the program asked for, by default all cores.
int pk_threads_asked(void);
/// For the whole process.
void pk_set_threads(int count);
/// The most that calls from this thread may use from now on (0: no limit of its own); the limit before.
int pk_limit_own_threads(int count);
/// Runs body(context, worker) on up to `workers` threads at once, the calling one among them, and waits. Each computes with one thread and
/// counts its memory to the caller's account. There may be fewer workers than asked for.
void pk_on_workers(int workers, void (*_Nonnull body)(void *_Nonnull context, int worker), void *_Nonnull context);
/// The same for jobs that have nothing to do with one another: each computes with its share of the threads and has an account of its own.
void pk_on_jobs(int jobs, void (*_Nonnull body)(void *_Nonnull context, int job), void *_Nonnull context);
/// A thread beside the caller's.
typedef struct pk_thread pk_thread;
/// Runs body(context) on a new thread, which must be joined; null: the system gives none, and nothing is run.
pk_thread *_Nullable pk_thread_start(void (*_Nonnull body)(void *_Nonnull context), void *_Nonnull context);
/// Waits until a thread has ended, with all that belonged to it, and frees it.
void pk_thread_join(pk_thread *_Nonnull thread);
/// Name and version of the library behind convolutions, e.g. "oneDNN 2.6.3".
const char *_Nonnull pk_library(void);
/// The instruction set that its kernels use on this machine, e.g. "AVX2"; the environment's DNNL_MAX_CPU_ISA bounds it.
const char *_Nonnull pk_instruction_set(void);

// ---- convolution

/// A 3D convolution's constant part.
typedef struct {
  int64_t channelsIn, channelsOut, groups;
  int64_t kernel[3], stride[3], dilation[3];
} pk_convolution_shape;

/// Where a convolution is applied: `n` images of `in` voxels, `padBefore` zeros before each axis (after it as many as `out` needs).
typedef struct {
  int64_t n, in[3], padBefore[3], out[3];
} pk_convolution_place;

/// A convolution with its weights, which are kept in every order that was needed. What is prepared for a place is kept for all convolutions
/// together, the most recently used first.
typedef struct pk_convolution pk_convolution;

typedef enum { PK_NOT_SCORING, PK_SCORING, PK_SCORING_OFTEN } pk_scoring;

/// Whether convolutions that the calling thread runs forward, in one pass or again and again, may save products by adding first (Winograd's minimal filtering): as exact as a
/// whole, but a sum that is exactly 0 may come out as −1e-8; returns what was so before.
pk_scoring pk_only_score(pk_scoring kind);

/// How many prepared convolutions are kept now, and at most.
int64_t pk_prepared_count(void);
int64_t pk_prepared_limit(void);

pk_convolution *_Nullable pk_convolution_make(
    const pk_convolution_shape *_Nonnull shape, const float *_Nonnull weights, const float *_Nullable bias, char *_Nonnull why,
    size_t whySize);
void pk_convolution_free(pk_convolution *_Nonnull c);
/// y = convolution of x, with its bias if `biased` is not 0, then max(0, ·) if `relu` is not 0.
int pk_convolution_forward(
    pk_convolution *_Nonnull c, const pk_convolution_place *_Nonnull place, const float *_Nonnull x, float *_Nonnull y, int biased,
    int relu, char *_Nonnull why, size_t whySize);
/// dx = transpose of the convolution applied to dy.
int pk_convolution_backward(
    pk_convolution *_Nonnull c, const pk_convolution_place *_Nonnull place, const float *_Nonnull dy, float *_Nonnull dx,
    char *_Nonnull why, size_t whySize);

// ---- matrices, row-major

/// c = op(a)·op(b) + beta·c, op(a) being m × k and op(b) k × n; `lda`… are row lengths as stored.
int pk_matrix_product(
    int transposeA, int transposeB, int64_t m, int64_t n, int64_t k, const float *_Nonnull a, int64_t lda, const float *_Nonnull b,
    int64_t ldb, float beta, float *_Nonnull c, int64_t ldc, char *_Nonnull why, size_t whySize);

/// `count` products of row-major matrices of one size, each as above with beta 0: number i of a[placesA[i]…] and b[placesB[i]…] into c[i·m·n…].
/// Four and more are shared out among the threads, each computed by one.
int pk_matrix_products(
    int transposeA, int transposeB, int64_t count, int64_t m, int64_t n, int64_t k, const float *_Nonnull a,
    const int64_t *_Nonnull placesA, const float *_Nonnull b, const int64_t *_Nonnull placesB, float *_Nonnull c,
    char *_Nonnull why, size_t whySize);

// ---- elementwise functions

typedef enum {
  PK_RELU, PK_LEAKY_RELU, PK_ELU, PK_SIGMOID, PK_TANH, PK_SOFTPLUS, PK_GELU_ERF, PK_GELU_TANH, PK_SWISH, PK_MISH, PK_HARDSWISH,
  PK_EXP, PK_LOG, PK_SQRT, PK_ABS, PK_SQUARE, PK_CLIP, PK_POW, PK_LINEAR
} pk_function;

/// y[i] = f(x[i]); x and y may be the same. alpha, beta as in oneDNN's eltwise (slope; bounds; factor and exponent; scale and shift).
int pk_apply(
    pk_function f, float alpha, float beta, int64_t count, const float *_Nonnull x, float *_Nonnull y, char *_Nonnull why,
    size_t whySize);
/// dx[i] = dy[i]·f′(x[i]); dy and dx may be the same.
int pk_apply_gradient(
    pk_function f, float alpha, float beta, int64_t count, const float *_Nonnull x, const float *_Nonnull dy, float *_Nonnull dx,
    char *_Nonnull why, size_t whySize);

typedef enum {
  PK_ADD, PK_SUBTRACT, PK_MULTIPLY, PK_DIVIDE, PK_MAXIMUM, PK_MINIMUM,
  /// a where b > 0, else 0: the gate of ReLU's gradient.
  PK_GATE,
  /// max(a, 0) where b > 0: the gate of guided backpropagation.
  PK_GUIDED_GATE,
  /// a / (b ± alpha), the sign of b (+ at 0): Zennit's stabilized quotient.
  PK_STABLE_QUOTIENT,
  /// a·alpha + b
  PK_SCALE_ADD,
  /// 1 where a ≥ b, else 0.
  PK_NOT_BELOW,
  /// a / b where |b| > alpha, else 0.
  PK_QUOTIENT_BEYOND,
  /// a where |b| ≤ alpha, else 0.
  PK_WITHIN,
  /// a to the power b.
  PK_POWER,
  /// max(a + b, 0): a residual sum with the ReLU behind it.
  PK_ADD_RELU
} pk_binary_function;

/// y = f(a, b) over `rank` axes (outermost first); a and b are read with their own strides (0 repeats), y is contiguous.
void pk_combine(
    pk_binary_function f, float alpha, int rank, const int64_t *_Nonnull extents, const float *_Nonnull a,
    const int64_t *_Nonnull strideA, const float *_Nonnull b, const int64_t *_Nonnull strideB, float *_Nonnull y);

/// y = min(max(x, low), high).
void pk_clamp(int64_t count, const float *_Nonnull x, float low, float high, float *_Nonnull y);
void pk_fill(int64_t count, float value, float *_Nonnull y);

/// y[r, c] = x[r, c]·scale[c] + shift[c] over `rows` rows of channels, then max(0, ·) if `relu` is not 0; x and y may be the same.
void pk_channel_affine(
    int64_t rows, int64_t channels, const float *_Nonnull x, const float *_Nonnull scale, const float *_Nonnull shift, int relu,
    float *_Nonnull y);

// ---- moving data

/// Copies `rank` axes (outermost first) between two strided places.
void pk_copy_strided(
    int rank, const int64_t *_Nonnull extents, const float *_Nonnull source, const int64_t *_Nonnull sourceStrides,
    float *_Nonnull target, const int64_t *_Nonnull targetStrides);
/// The same, adding to what is there.
void pk_add_strided(
    int rank, const int64_t *_Nonnull extents, const float *_Nonnull source, const int64_t *_Nonnull sourceStrides,
    float *_Nonnull target, const int64_t *_Nonnull targetStrides);

// ---- pooling, channels last

typedef struct {
  int64_t n, channels, in[3], out[3], kernel[3], stride[3], dilation[3], padBefore[3];
  /// The divisor of averages: padded input extents (0: only voxels inside the input are counted), per axis after-padding as declared.
  int64_t padAfter[3];
  int countPadding;
} pk_pool;

void pk_max_pool(const pk_pool *_Nonnull pool, const float *_Nonnull x, float *_Nonnull y);
/// Each gradient goes to the first maximum of its window, in memory order (D, H, W), as PyTorch's does.
void pk_max_pool_gradient(const pk_pool *_Nonnull pool, const float *_Nonnull x, const float *_Nonnull dy, float *_Nonnull dx);
/// y as `pk_max_pool`, and which tap of its window each is: the first maximum, its number in memory order; 255 where there is none, or where
/// `positive` is not 0 and the maximum is not above 0. Image n's winners lie n · imagePitch behind the first's. Windows of at most 254 taps.
void pk_max_pool_winners(
    const pk_pool *_Nonnull pool, const float *_Nonnull x, int positive, float *_Nonnull y, uint8_t *_Nonnull winners, int64_t imagePitch);
void pk_average_pool(const pk_pool *_Nonnull pool, const float *_Nonnull x, float *_Nonnull y);
void pk_average_pool_gradient(const pk_pool *_Nonnull pool, const float *_Nonnull dy, float *_Nonnull dx);

/// y = the value of x at each window's winner; 0 where there is none.
void pk_pick_winners(
    const pk_pool *_Nonnull pool, const float *_Nonnull x, const uint8_t *_Nonnull winners, int64_t imagePitch, float *_Nonnull y);
/// Whether `pk_winner_gradient` serves a convolution with this max pool behind it, and is worth it.
int pk_winner_gradient_fits(const pk_convolution *_Nonnull c, const pk_pool *_Nonnull pool);
/// dx = what the pool's gradient dy sends through the convolution that fills the pool; winners as above, without gaps between images.
void pk_winner_gradient(
    pk_convolution *_Nonnull c, const pk_convolution_place *_Nonnull place, const pk_pool *_Nonnull pool,
    const uint8_t *_Nonnull winners, const float *_Nonnull dy, float *_Nonnull dx);

// ---- softmax

/// y = eˣ / Σ eˣ along each of `rows` rows of n values.
void pk_softmax(int64_t rows, int64_t n, const float *_Nonnull x, float *_Nonnull y);
/// dx = y·(dy − Σ y·dy) along each row.
void pk_softmax_gradient(
    int64_t rows, int64_t n, const float *_Nonnull y, const float *_Nonnull dy, float *_Nonnull dx);

// ---- reductions

typedef enum { PK_SUM, PK_MAX, PK_SUM_OF_SQUARES, PK_SUM_OF_ABSOLUTES } pk_reduction;

/// Reduces the middle axis of [outer, reduced, inner] into y [outer, inner]; sums are carried in double.
void pk_reduce(
    pk_reduction r, int64_t outer, int64_t reduced, int64_t inner, const float *_Nonnull x, float *_Nonnull y);
/// Σ of all values, in double; the order depends on `count` alone.
double pk_sum(int64_t count, const float *_Nonnull x);
/// The largest |x|; infinity where one is infinite or NaN; 0 for none.
float pk_largest_magnitude(int64_t count, const float *_Nonnull x);
/// The smallest and the largest value, NaN left out; infinity and −infinity for none.
void pk_extremes(int64_t count, const float *_Nonnull x, float *_Nonnull low, float *_Nonnull high);
/// Place of the first value that is NaN or infinite; −1 if there is none.
int64_t pk_first_non_finite(int64_t count, const float *_Nonnull x);
/// The k largest (or smallest) values along the middle axis of [outer, extent, inner], in their order, and their places there; of equals the
/// first. y and places: [outer, k, inner].
void pk_top_k(
    int64_t outer, int64_t extent, int64_t inner, int64_t k, int largest, const float *_Nonnull x, float *_Nonnull y,
    int32_t *_Nonnull places);
/// dx, [outer, extent, inner]: each gradient at the place that its value came from, 0 elsewhere.
void pk_top_k_gradient(
    int64_t outer, int64_t extent, int64_t inner, int64_t k, const int32_t *_Nonnull places, const float *_Nonnull dy,
    float *_Nonnull dx);

// ---- resampling

/// Trilinear resampling of [n, in, c] onto [n, out, c]: along each axis output o reads the input at first + o·step, clamped to it.
void pk_resize_linear(
    int64_t n, int64_t channels, const int64_t *_Nonnull in, const int64_t *_Nonnull out, const double *_Nonnull first,
    const double *_Nonnull step, const float *_Nonnull x, float *_Nonnull y);

typedef enum { PK_SAMPLE_NEAREST, PK_SAMPLE_LINEAR, PK_SAMPLE_CUBIC } pk_interpolation;
typedef enum { PK_PAD_ZEROS, PK_PAD_BORDER, PK_PAD_REFLECTION } pk_grid_padding;

/// Sampling of [n, channels, in] at points that a grid names, as ONNX GridSample: `axes` coordinates a point, the last axis first, −1…1 from
/// one end of the axis to the other (voxel centres if `alignsCorners` is not 0, else voxel edges).
typedef struct {
  int64_t n, channels, in[3], points;
  /// 2 or 3; with 2, in[0] is 1.
  int axes;
  /// Points between the grids of two images; 0: one grid for all.
  int64_t gridStride;
  pk_interpolation interpolation;
  pk_grid_padding padding;
  int alignsCorners;
} pk_grid_sampling;

/// y, [n, channels, points].
void pk_grid_sample(const pk_grid_sampling *_Nonnull s, const float *_Nonnull x, const float *_Nonnull grid, float *_Nonnull y);
/// dx for dy; the derivative by the grid for each image, [n, points, axes], whatever `gridStride`.
void pk_grid_sample_gradient(
    const pk_grid_sampling *_Nonnull s, const float *_Nonnull grid, const float *_Nonnull dy, float *_Nonnull dx);
void pk_grid_sample_grid_gradient(
    const pk_grid_sampling *_Nonnull s, const float *_Nonnull x, const float *_Nonnull grid, const float *_Nonnull dy,
    float *_Nonnull dgrid);

#ifdef __cplusplus
}
#endif
