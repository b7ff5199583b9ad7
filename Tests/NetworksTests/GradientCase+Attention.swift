import PellucidOnnxFormat

// Operators that ONNX has since opset 16 to 23.
extension GradientCase {
  static let attention: [GradientCase] = [
    GradientCase("of itself", "Attention", [.image, .image, .image], image: [1, 2, 5, 4], opset: 23),
    GradientCase(
      "causal, capped", "Attention", [.image, .image, .image],
      ["is_causal": .int(1), "softcap": .float(0.8), "scale": .float(1)], image: [1, 2, 5, 4], opset: 23),
    GradientCase(
      "of fewer keys, with a bias", "Attention", [.image, .value("a"), .value("a"), .weights([5, 5])],
      image: [1, 4, 5, 4], opset: 11, before: [half("a", 1, 0, 2)]),
    GradientCase(
      "heads as features", "Attention", [.image, .image, .image],
      ["q_num_heads": .int(2), "kv_num_heads": .int(2), "left_window_size": .int(2)], image: [1, 5, 8], opset: 25),
    GradientCase("last", "RMSNormalization", [.image, .weights([3], positive: true)], opset: 23),
    GradientCase(
      "two axes", "RMSNormalization", [.image, .weights([5, 3])], ["axis": .int(-2), "epsilon": .float(0.1)], opset: 23),
    GradientCase(
      "halves", "RotaryEmbedding", [.image, .weights([1, 5, 2]), .weights([1, 5, 2])], image: [1, 2, 5, 4], opset: 23),
    GradientCase(
      "pairs, not all", "RotaryEmbedding", [.image, .weights([1, 5, 1]), .weights([1, 5, 1])],
      ["interleaved": .int(1), "rotary_embedding_dim": .int(2), "num_heads": .int(2)], image: [1, 5, 8], opset: 23),
  ]

  static let sampling: [GradientCase] = [
    GradientCase("largest", "TopK", [.image, .integers([2])], ["axis": .int(2)], opset: 17, spread: true),
    GradientCase(
      "smallest", "TopK", [.image, .integers([3])], ["axis": .int(3), "largest": .int(0)], opset: 17, spread: true),
    GradientCase("of the image", "GridSample", [.image, .weights([1, 2, 3, 2, 3])], opset: 20),
    GradientCase(
      "of the image, mirrored", "GridSample", [.image, .weights([1, 2, 3, 2, 3])],
      ["padding_mode": .string("reflection"), "align_corners": .int(1)], opset: 20),
    GradientCase(
      "nearest", "GridSample", [.image, .weights([1, 2, 3, 2, 3])],
      ["mode": .string("nearest"), "padding_mode": .string("border")], opset: 20),
    GradientCase(
      "of the grid", "GridSample", [.weights([1, 2, 4, 5, 3]), .image], image: [1, 1, 2, 2, 3], opset: 20),
    GradientCase(
      "of the grid, mirrored", "GridSample", [.weights([1, 2, 4, 5, 3]), .image],
      ["padding_mode": .string("reflection")], image: [1, 1, 2, 2, 3], opset: 20),
    GradientCase(
      "of the grid, cubic", "GridSample", [.weights([1, 2, 5, 4]), .image],
      ["mode": .string("cubic"), "align_corners": .int(1)], image: [1, 2, 3, 2], opset: 20),
    GradientCase(
      "of both", "GridSample", [.image, .value("a")], image: [1, 3, 4, 2], opset: 20,
      before: [
        OnnxNode(
          name: "a", operation: "Transpose", inputs: ["x"], outputs: ["a"], attributes: ["perm": .ints([0, 2, 1, 3])])
      ]),
    GradientCase("", "AffineGrid", [.image, .integers([1, 1, 2, 3, 2])], image: [1, 3, 4], opset: 20),
  ]
}
