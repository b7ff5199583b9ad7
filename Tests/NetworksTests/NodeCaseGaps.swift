/// What ONNX's node cases ask for and Pellucid does not have: nothing is left out of the tests without standing here.
enum NodeCaseGaps {
  /// Operators that are lacking altogether.
  static let operators: Set<String> = [
    "Celu", "ConvTranspose", "DepthToSpace", "Einsum", "Erf", "Gelu", "GroupNormalization", "HardSigmoid", "HardSwish",
    "LayerNormalization", "Mish", "Resize", "ScatterND", "Selu", "Softsign", "Sum", "Trilu", "Upsample",
  ]

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
      "Max and Min of one or three activations",
      [
        "test_max_example, first", "test_max_example, second", "test_max_example, all", "test_max_one_input, first",
        "test_min_example, first", "test_min_example, second", "test_min_example, all", "test_min_one_input, first",
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
    ("a part with no values", ["test_slice_start_out_of_bounds, first"]),
  ]

  /// Cases whose demanded values are rounded: to four digits in the case itself, or to half precision by a Cast.
  ///
  /// Pellucid computes in float32 throughout.
  static let rounded: [String: Float] = [
    "test_averagepool_2d_ceil_last_window_starts_on_pad": 1e-4, "test_cast_DOUBLE_to_FLOAT16": 1e-3,
    "test_cast_FLOAT_to_FLOAT16": 1e-3, "test_cast_FLOAT_to_BFLOAT16": 1e-2,
  ]

  /// Why a run is refused; nil where it must agree.
  static func reason(for run: NodeCaseRun) -> String? {
    forms.first { $0.cases.contains(run.testDescription) }?.reason
  }
}
