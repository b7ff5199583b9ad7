/// What ONNX's node cases ask for and Pellucid does not have: nothing is left out of the tests without standing here.
enum NodeCaseGaps {
  /// Operators that are lacking altogether.
  static let operators: Set<String> = ["DepthToSpace"]

  /// Cases whose first input holds integers or nothing at all: activations are floats, and there are some.
  static let idle: Set<String> = [
    "test_clip_default_int8_inbounds", "test_clip_default_int8_max", "test_clip_default_int8_min", "test_edge_pad",
    "test_maxpool_2d_uint8", "test_reduce_l2_empty_set", "test_reduce_max_empty_set", "test_reduce_sum_empty_set",
    "test_reduce_sum_empty_set_non_reduced_axis_zero", "test_reflect_pad", "test_wrap_pad",
  ]

  /// Forms of operators that are refused, each with the cases that ask for it.
  static let forms: [(reason: String, cases: [String])] = [
    ("a mask beside the output", ["test_dropout_default_mask, first", "test_dropout_default_mask_ratio, first"]),
    (
      "places of maxima beside the output",
      [
        "test_maxpool_with_argmax_2d_precomputed_pads, first", "test_maxpool_with_argmax_2d_precomputed_strides, first",
      ]
    ),
    (
      "Gemm with transA, or a bias for each row",
      [
        "test_gemm_all_attributes, first", "test_gemm_transposeA, first", "test_gemm_default_matrix_bias, first",
      ]
    ),
    (
      "MatMul of vectors",
      [
        "test_matmul_1d_1d, first", "test_matmul_1d_1d, second", "test_matmul_1d_1d, all", "test_matmul_1d_3d, first",
        "test_matmul_1d_3d, second", "test_matmul_1d_3d, all", "test_matmul_4d_1d, first", "test_matmul_4d_1d, second",
        "test_matmul_4d_1d, all",
      ]
    ),
    (
      "Pow with an exponent for each value",
      [
        "test_pow, first", "test_pow_bcast_array, first", "test_pow_example, first",
        "test_pow_types_float32_int32, first",
        "test_pow_types_float32_int64, first", "test_pow_types_float32_uint32, first",
        "test_pow_types_float32_uint64, first",
        "test_pow_types_int, first",
      ]
    ),
    (
      "Resize with antialiasing, a cropped part, or a kept aspect ratio",
      [
        "test_resize_downsample_scales_cubic_A_n0p5_exclude_outside, first",
        "test_resize_downsample_scales_cubic_antialias, first",
        "test_resize_downsample_scales_linear_antialias, first",
        "test_resize_downsample_sizes_cubic_antialias, first",
        "test_resize_downsample_sizes_linear_antialias, first",
        "test_resize_downsample_sizes_nearest_not_larger, first",
        "test_resize_downsample_sizes_nearest_not_smaller, first",
        "test_resize_tf_crop_and_resize, first",
        "test_resize_tf_crop_and_resize_axes_2_3, first",
        "test_resize_tf_crop_and_resize_axes_3_2, first",
        "test_resize_tf_crop_and_resize_extrapolation_value, first",
        "test_resize_tf_crop_and_resize_opset13, first",
        "test_resize_upsample_scales_cubic_A_n0p5_exclude_outside, first",
        "test_resize_upsample_sizes_nearest_not_larger, first",
        "test_resize_upsample_sizes_nearest_not_smaller, first",
      ]
    ),
    ("Einsum of a diagonal", ["test_einsum_batch_diagonal, first"]),
    (
      "ScatterND that adds to what is there",
      [
        "test_scatternd_add, first",
        "test_scatternd_max, first",
        "test_scatternd_max_with_element_indices, first",
        "test_scatternd_min, first",
        "test_scatternd_min_with_element_indices, first",
        "test_scatternd_multiply, first",
      ]
    ),
    ("a part with no values", ["test_slice_start_out_of_bounds, first"]),
  ]

  /// Cases whose demanded values are rounded: to four digits in the case itself, or to half precision by a Cast.
  ///
  /// Pellucid computes in float32 throughout.
  static let rounded: [String: Float] = [
    "test_averagepool_2d_ceil_last_window_starts_on_pad": 1e-4, "test_cast_DOUBLE_to_FLOAT16": 1e-3,
    "test_cast_FLOAT_to_FLOAT16": 1e-3, "test_celu_bfloat16": 1e-2, "test_celu_float16": 1e-3,
    "test_cast_FLOAT_to_BFLOAT16": 1e-2,
  ]

  /// Why a run is refused; nil where it must agree.
  static func reason(for run: NodeCaseRun) -> String? {
    forms.first { $0.cases.contains(run.testDescription) }?.reason
  }
}
