/// What ONNX's node cases ask for and Pellucid does not have: nothing is left out of the tests without standing here.
enum NodeCaseGaps {
  /// Cases whose first input holds integers or nothing at all: activations are floats, and there are some.
  static let idle: Set<String> = [
    "test_clip_default_int8_inbounds", "test_clip_default_int8_max", "test_clip_default_int8_min", "test_edge_pad",
    "test_maxpool_2d_uint8", "test_reduce_l1_empty_set", "test_reduce_l2_empty_set", "test_reduce_log_sum_empty_set",
    "test_reduce_log_sum_exp_empty_set", "test_reduce_max_empty_set", "test_reduce_sum_empty_set",
    "test_reduce_sum_empty_set_non_reduced_axis_zero", "test_reflect_pad", "test_top_k_same_values",
    "test_top_k_same_values_2d", "test_top_k_same_values_largest", "test_top_k_uint64", "test_wrap_pad",
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
      "Resize of a cropped part",
      [
        "test_resize_tf_crop_and_resize, first",
        "test_resize_tf_crop_and_resize_axes_2_3, first",
        "test_resize_tf_crop_and_resize_axes_3_2, first",
        "test_resize_tf_crop_and_resize_extrapolation_value, first",
        "test_resize_tf_crop_and_resize_opset13, first",
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
    (
      "scores beside the output, of which some are masked",
      ["3d", "4d"].flatMap { rank in
        ["first", "second", "all"].map {
          "test_attention_4d_with_past_and_present_qk_matmul_bias_\(rank)_mask_causal, \($0)"
        }
      }
    ),
    (
      "the end of a network that sorts its classes",
      ["test_top_k, first", "test_top_k_smallest, first", "test_top_k_negative_axis, first"]
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
    "test_attention_24_qk_matmul_output_mode3_softmax_precision": 1e-3, "test_attention_3d_causal_bf16": 3e-2,
    "test_attention_4d_attn_mask_causal_bf16": 3e-2,
    "test_attention_4d_causal_bf16": 3e-2, "test_attention_4d_causal_fp16": 2e-3,
    "test_attention_4d_causal_padded_kv_bf16": 3e-2, "test_attention_4d_fp16": 2e-3,
    "test_attention_4d_gqa_causal_nonpad_decode_fp16": 2e-3,
    "test_attention_4d_gqa_with_past_and_present_fp16": 2e-3, "test_attention_4d_padded_kv_bf16": 3e-2,
    "test_attention_local_window_ext_cache_float16_mask": 2e-3, "test_gridsample_bicubic": 1e-4,
    "test_gridsample_bicubic_opset16": 1e-4,
  ]

  /// Why a run is refused; nil where it must agree.
  static func reason(for run: NodeCaseRun) -> String? {
    forms.first { $0.cases.contains(run.testDescription) }?.reason
  }
}
