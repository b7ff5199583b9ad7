import PellucidNetworks
import PellucidOnnxFormat

extension GradientCase {
  /// A part of the image along an axis, to have a second activation of other values.
  static func half(_ name: String, _ axis: Int, _ from: Int, _ to: Int) -> OnnxNode {
    OnnxNode(
      name: name, operation: "Slice", inputs: ["x"], outputs: [name],
      attributes: ["axes": .ints([axis]), "starts": .ints([from]), "ends": .ints([to])])
  }

  private static let left = half("a", 1, 0, 1)
  private static let right = half("b", 1, 1, 2)
  private static let thin = half("t", 3, 2, 3)

  /// Every operator of the catalogue, with the settings that change what its gradient does.
  static let all: [GradientCase] = [
    convolutions, transposedConvolutions, pools, morePools, elementwise, moreElementwise, arithmetic, reductions,
    normalizations, dense, moving, cutting,
    padding, resampling, choosing, contractions, attention, sampling,
  ].flatMap { $0 }

  private static let convolutions: [GradientCase] = [
    GradientCase(
      "plain", "Conv", [.image, .weights([3, 2, 3, 3, 3]), .weights([3])], ["pads": .ints([1, 1, 1, 1, 1, 1])]),
    GradientCase("valid, without bias", "Conv", [.image, .weights([3, 2, 2, 3, 1])]),
    GradientCase(
      "strides and unequal pads", "Conv", [.image, .weights([2, 2, 3, 2, 3])],
      ["strides": .ints([2, 3, 1]), "pads": .ints([1, 0, 2, 0, 1, 1])]),
    GradientCase(
      "dilated", "Conv", [.image, .weights([2, 2, 2, 3, 2])],
      ["dilations": .ints([3, 2, 1]), "pads": .ints([0, 2, 1, 1, 1, 0])]),
    GradientCase(
      "groups", "Conv", [.image, .weights([6, 2, 3, 3, 3])], ["group": .int(2), "pads": .ints([1, 1, 1, 1, 1, 1])],
      image: [1, 4, 3, 4, 3]),
    GradientCase(
      "depthwise, strided", "Conv", [.image, .weights([4, 1, 3, 3, 3])],
      ["group": .int(4), "strides": .ints([2, 2, 2])], image: [1, 4, 5, 4, 5]),
    GradientCase(
      "same, upper", "Conv", [.image, .weights([2, 2, 2, 4, 3])],
      ["auto_pad": .string("SAME_UPPER"), "strides": .ints([2, 2, 1])]),
    GradientCase(
      "same, lower", "Conv", [.image, .weights([2, 2, 2, 4, 3])],
      ["auto_pad": .string("SAME_LOWER"), "strides": .ints([2, 1, 2])]),
    GradientCase(
      "voxels that no window reaches", "Conv", [.image, .weights([2, 2, 1, 2, 1])],
      ["strides": .ints([3, 4, 2])]),
    GradientCase(
      "one channel", "Conv", [.image, .weights([8, 1, 3, 3, 3])], ["pads": .ints([1, 1, 1, 1, 1, 1])],
      image: [1, 1, 5, 4, 6]),
    GradientCase(
      "patches side by side, padded, with a rest", "Conv", [.image, .weights([16, 1, 4, 4, 4])],
      ["strides": .ints([4, 4, 4]), "pads": .ints([1, 0, 2, 0, 0, 1])], image: [1, 1, 9, 6, 7]),
    GradientCase(
      "16 channels", "Conv", [.image, .weights([16, 16, 3, 3, 3])], ["pads": .ints([1, 1, 1, 1, 1, 1])],
      image: [1, 16, 2, 3, 3]),
  ]

  private static let pools: [GradientCase] = ["MaxPool", "AveragePool"].flatMap { (pool: String) -> [GradientCase] in
    [
      GradientCase("2", pool, attributes: ["kernel_shape": .ints([2, 2, 2]), "strides": .ints([2, 2, 2])]),
      GradientCase(
        "overlapping", pool,
        attributes: [
          "kernel_shape": .ints([3, 3, 3]), "strides": .ints([2, 1, 2]), "pads": .ints([1, 1, 1, 1, 1, 1]),
        ]),
      GradientCase(
        "unequal pads", pool,
        attributes: [
          "kernel_shape": .ints([2, 3, 2]), "strides": .ints([2, 2, 1]), "pads": .ints([0, 2, 1, 1, 0, 0]),
        ]),
      GradientCase(
        "ceil", pool,
        attributes: ["kernel_shape": .ints([3, 2, 2]), "strides": .ints([2, 2, 2]), "ceil_mode": .int(1)]),
      GradientCase(
        "same", pool,
        attributes: [
          "kernel_shape": .ints([3, 2, 2]), "strides": .ints([2, 2, 2]), "auto_pad": .string("SAME_UPPER"),
        ]),
      GradientCase("stride 1", pool, attributes: ["kernel_shape": .ints([1, 2, 3])]),
    ]
  }

  private static let morePools: [GradientCase] = [
    GradientCase(
      "dilated", "MaxPool",
      attributes: [
        "kernel_shape": .ints([2, 2, 2]), "dilations": .ints([2, 3, 1]), "pads": .ints([1, 0, 1, 0, 1, 0]),
      ]),
    GradientCase(
      "dilated", "AveragePool", attributes: ["kernel_shape": .ints([2, 2, 2]), "dilations": .ints([2, 3, 1])], opset: 19
    ),
    GradientCase(
      "padding counted", "AveragePool",
      attributes: [
        "kernel_shape": .ints([3, 2, 3]), "strides": .ints([2, 1, 2]), "pads": .ints([1, 0, 1, 1, 1, 1]),
        "count_include_pad": .int(1),
      ]),
    GradientCase(
      "padding counted, ceil", "AveragePool",
      attributes: [
        "kernel_shape": .ints([3, 2, 2]), "strides": .ints([2, 2, 2]), "pads": .ints([1, 0, 0, 0, 0, 1]),
        "count_include_pad": .int(1),
        "ceil_mode": .int(1),
      ]),
    GradientCase("over voxels", "GlobalAveragePool"), GradientCase("over voxels", "GlobalMaxPool", spread: true),
  ]

  private init(_ description: String, _ pool: String, attributes: [String: OnnxAttribute], opset: Int = 17) {
    self.init(description, pool, [.image], attributes, opset: opset, spread: true)
  }

  private static let elementwise: [GradientCase] = [
    GradientCase("", "Relu", spread: true), GradientCase("default", "LeakyRelu", spread: true),
    GradientCase("steep", "LeakyRelu", [.image], ["alpha": .float(0.7)], spread: true),
    GradientCase("", "Elu", [.image], ["alpha": .float(0.6)]),
    GradientCase("", "Sigmoid"), GradientCase("", "Tanh"), GradientCase("", "Softplus"), GradientCase("", "Exp"),
    GradientCase("", "Log", shift: 2), GradientCase("", "Sqrt", shift: 2), GradientCase("", "Abs", spread: true),
    GradientCase("squared", "Pow", [.image, .scalar(2)]), GradientCase("cubed", "Pow", [.image, .scalar(3)]),
    GradientCase("root", "Pow", [.image, .scalar(0.5)], shift: 2),
    GradientCase("inverse", "Pow", [.image, .scalar(-1.5)], shift: 2),
    GradientCase("to 0", "Pow", [.image, .scalar(0)], shift: 2), GradientCase("to 1", "Pow", [.image, .scalar(1)]),
    GradientCase("to weights", "Pow", [.image, .weights([5, 1])], shift: 2),
    GradientCase("of a constant", "Pow", [.weights([5, 3], positive: true), .image]),
    GradientCase("of itself", "Pow", [.image, .image], shift: 2),
    GradientCase("both bounds", "Clip", [.image, .scalar(-1), .scalar(2)], spread: true),
    GradientCase("upper bound", "Clip", [.image, .absent, .scalar(0.5)], spread: true),
    GradientCase("attributes", "Clip", [.image], ["min": .float(0), "max": .float(6)], opset: 10, spread: true),
    GradientCase("a slope a channel", "PRelu", [.image, .weights([2, 1, 1, 1])], spread: true),
    GradientCase("one slope", "PRelu", [.image, .weights([1])], spread: true),
    GradientCase("channels", "Softmax", [.image], ["axis": .int(1)]), GradientCase("last", "Softmax"),
    GradientCase("later axes", "Softmax", [.image], ["axis": .int(2)], opset: 11), GradientCase("last", "LogSoftmax"),
    GradientCase("channels", "LogSoftmax", [.image], ["axis": .int(1)]),
    GradientCase("later axes", "LogSoftmax", [.image], ["axis": .int(1)], opset: 11),
  ]

  private static let transposedConvolutions: [GradientCase] = [
    GradientCase("plain", "ConvTranspose", [.image, .weights([2, 3, 3, 2, 3]), .weights([3])]),
    GradientCase(
      "strides, dilations, unequal pads, output padding", "ConvTranspose", [.image, .weights([2, 3, 2, 3, 2])],
      [
        "strides": .ints([2, 3, 1]), "dilations": .ints([1, 2, 3]), "pads": .ints([1, 0, 2, 0, 1, 1]),
        "output_padding": .ints([1, 2, 0]),
      ]),
    GradientCase(
      "groups", "ConvTranspose", [.image, .weights([4, 3, 2, 2, 2]), .weights([6])],
      ["group": .int(2), "strides": .ints([2, 2, 2])], image: [1, 4, 2, 3, 2]),
    GradientCase(
      "same", "ConvTranspose", [.image, .weights([2, 1, 3, 3, 3])],
      ["auto_pad": .string("SAME_UPPER"), "strides": .ints([2, 1, 2])]),
    GradientCase(
      "of a given shape", "ConvTranspose", [.image, .weights([2, 2, 3, 3, 3])],
      ["output_shape": .ints([8, 9, 7]), "strides": .ints([2, 2, 2])]),
  ]

  private static let moreElementwise: [GradientCase] = [
    GradientCase("", "Erf"), GradientCase("", "Gelu", opset: 20),
    GradientCase("by tanh", "Gelu", [.image], ["approximate": .string("tanh")], opset: 20),
    GradientCase("default", "HardSigmoid", spread: true),
    GradientCase("steep", "HardSigmoid", [.image], ["alpha": .float(0.5), "beta": .float(0.3)], spread: true),
    GradientCase("", "HardSwish", spread: true), GradientCase("", "Mish", opset: 18), GradientCase("default", "Selu"),
    GradientCase("other", "Selu", [.image], ["alpha": .float(0.7), "gamma": .float(2)], spread: true),
    GradientCase("default", "Celu"), GradientCase("wide", "Celu", [.image], ["alpha": .float(2)]),
    GradientCase("", "Softsign", spread: true), GradientCase("", "Neg"), GradientCase("", "Reciprocal", shift: 3),
  ]

  private static let arithmetic: [GradientCase] = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum"].flatMap {
    (kind: String) -> [GradientCase] in
    // Divisors stay away from 0, and no two operands of a maximum come near each other.
    let kinks = kind == "Max" || kind == "Min"
    let shift: Float = kind == "Div" ? 3 : 0
    return [
      GradientCase(
        "two", kind, [.value("a"), .value("b")], opset: 9, spread: kinks, shift: shift, before: [left, right]),
      GradientCase("of itself", kind, [.image, .image], shift: shift),
      GradientCase("broadcast axis", kind, [.image, .value("t")], opset: 9, shift: kinks ? 0 : shift, before: [thin]),
      GradientCase(
        "broadcast axis, left", kind, [.value("t"), .image], opset: 9, shift: kinks ? 0 : shift, before: [thin]),
      GradientCase(
        "a constant a channel", kind, [.image, .weights([2, 1, 1, 1], positive: true)], spread: kinks, shift: shift),
      GradientCase("from a constant", kind, [.weights([3], positive: true), .image], spread: kinks, shift: shift),
      GradientCase(
        "a constant that enlarges", kind, [.image, .weights([2, 3, 4, 1, 1], positive: true)], image: [1, 3, 1, 2, 2],
        spread: kinks, shift: shift),
    ]
  }

  private static let reductions: [GradientCase] = [
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceSumSquare",
  ].flatMap {
    (kind: String) -> [GradientCase] in
    let settings: [(String, [String: OnnxAttribute])] = [
      ("voxels", ["axes": .ints([2, 3, 4])]), ("one axis, dropped", ["axes": .ints([-2]), "keepdims": .int(0)]),
      ("channels", ["axes": .ints([1])]), ("two apart", ["axes": .ints([1, 3])]), ("all", [:]),
    ]
    return settings.map {
      GradientCase($0.0, kind, [.image], $0.1, opset: 11, spread: ["ReduceMax", "ReduceMin"].contains(kind))
    }
  }

  private static let normalizations: [GradientCase] = [
    GradientCase(
      "", "BatchNormalization", [.image, .weights([2]), .weights([2]), .weights([2]), .weights([2], positive: true)]),
    GradientCase(
      "of rows", "BatchNormalization",
      [.image, .weights([6]), .weights([6]), .weights([6]), .weights([6], positive: true)], image: [1, 6]),
    GradientCase("", "InstanceNormalization", [.image, .weights([2]), .weights([2])]),
    GradientCase(
      "wide ε", "InstanceNormalization", [.image, .weights([3]), .weights([3])], ["epsilon": .float(0.1)],
      image: [1, 3, 2, 3, 4]),
    GradientCase("last axis", "LayerNormalization", [.image, .weights([3]), .weights([3])]),
    GradientCase(
      "two axes, no shift", "LayerNormalization", [.image, .weights([5, 3])],
      ["axis": .int(-2), "epsilon": .float(0.1)]),
    GradientCase(
      "values a channel", "GroupNormalization", [.image, .weights([4]), .weights([4])], ["num_groups": .int(2)],
      image: [1, 4, 2, 3, 2], opset: 21),
    GradientCase(
      "values a group", "GroupNormalization", [.image, .weights([2]), .weights([2])],
      ["num_groups": .int(2), "epsilon": .float(0.1)], image: [1, 6, 2, 3, 2], opset: 18),
  ]

  private static let dense: [GradientCase] = [
    GradientCase(
      "transposed", "Gemm", [.image, .weights([4, 9]), .weights([4])], ["transB": .int(1)], image: [1, 9]),
    GradientCase(
      "scaled", "Gemm", [.image, .weights([9, 4]), .weights([1])], ["alpha": .float(0.5), "beta": .float(2)],
      image: [1, 9]),
    GradientCase("last axis", "MatMul", [.image, .weights([3, 4])]),
    GradientCase("batched constant", "MatMul", [.image, .weights([4, 3, 2])]),
    GradientCase("constant on the left", "MatMul", [.weights([2, 1, 3, 5]), .image]),
    GradientCase(
      "two", "MatMul", [.value("a"), .value("p")], opset: 11,
      before: [
        left, right,
        OnnxNode(
          name: "p", operation: "Transpose", inputs: ["b"], outputs: ["p"],
          attributes: ["perm": .ints([0, 1, 2, 4, 3])]),
      ]),
    GradientCase(
      "two, broadcast", "MatMul", [.image, .value("p")], opset: 11,
      before: [
        right,
        OnnxNode(
          name: "p", operation: "Transpose", inputs: ["b"], outputs: ["p"],
          attributes: ["perm": .ints([0, 1, 2, 4, 3])]),
      ]),
  ]

  private static let moving: [GradientCase] = [
    GradientCase("", "Flatten"), GradientCase("from axis 3", "Flatten", [.image], ["axis": .int(3)]),
    GradientCase("", "Reshape", [.image, .integers([0, -1, 5, 2, 3])]),
    GradientCase("extents of 1", "Squeeze", [.image], opset: 11),
    GradientCase("one axis", "Squeeze", [.image, .integers([2])], image: [1, 2, 1, 3, 1]),
    GradientCase("two axes", "Unsqueeze", [.image, .integers([0, -1])]),
    GradientCase("to channels last", "Transpose", [.image], ["perm": .ints([0, 2, 3, 4, 1])]),
    GradientCase("to channels first", "Transpose", [.image], ["perm": .ints([0, 4, 1, 2, 3])]),
    GradientCase("reversed", "Transpose"),
  ]

  private static let cutting: [GradientCase] = [
    GradientCase("channels", "Concat", [.image, .value("a"), .image], ["axis": .int(1)], opset: 11, before: [left]),
    GradientCase("depth with a constant", "Concat", [.weights([1, 2, 1, 5, 3]), .image], ["axis": .int(-3)]),
    GradientCase(
      "steps", "Slice", [.image, .integers([1, 0]), .integers([4, 100]), .integers([3, 2]), .integers([2, 3])]),
    GradientCase(
      "backwards", "Slice",
      [.image, .integers([-1, 3]), .integers([-100, 0]), .integers([2, 3]), .integers([-1, -2])]),
    GradientCase("one index", "Gather", [.image, .integers([-1])], ["axis": .int(2)]),
    GradientCase("repeated indices", "Gather", [.image, .integers([3, 0, 3, 1])], ["axis": .int(3)]),
    GradientCase("channels", "Gather", [.image, .integers([1])], ["axis": .int(1)]),
    GradientCase(
      "rows, one of them twice", "GatherND", [.image, .value("i")],
      before: [
        OnnxNode(
          name: "i", operation: "Constant", inputs: [], outputs: ["i"],
          attributes: [
            "value": .tensor(
              OnnxTensor(elementType: .int64, dimensions: [3, 3], values: .integers([0, 0, 1, 0, -1, 2, 0, 0, 1])))
          ])
      ]),
  ]

  private static let padding: [GradientCase] = [
    GradientCase("zeros", "Pad", [.image, .integers([0, 0, 1, 0, 2, 0, 0, 0, 1, 1])]),
    GradientCase("crop", "Pad", [.image, .integers([0, 0, -1, 0, 2, 0, 0, 0, -2, 1]), .scalar(3)]),
    GradientCase("edge", "Pad", [.image, .integers([0, 0, 1, 6, 2, 0, 0, 0, 1, 1])], ["mode": .string("edge")]),
    GradientCase("reflect", "Pad", [.image, .integers([0, 0, 1, 4, 2, 0, 0, 0, 1, 1])], ["mode": .string("reflect")]),
    GradientCase(
      "wrap", "Pad", [.image, .integers([0, 1, 1, 6, 2, 0, 0, 0, 1, 1])], ["mode": .string("wrap")], opset: 19),
    GradientCase(
      "edge and crop", "Pad", [.image, .integers([0, 0, 1, -2, 0, 0, 0, 0, -1, 1])], ["mode": .string("edge")]),
    GradientCase("last part", "Split", [.image, .integers([1, 3])], ["axis": .int(2)], outputs: ["first", "y"]),
    GradientCase("equal parts", "Split", [.image], ["axis": .int(1)], outputs: ["first", "y"]),
  ]

  private static let resampling: [GradientCase] = [
    GradientCase("nearest", "Resize", [.image, .absent, .absent, .integers([1, 2, 8, 7, 2])]),
    GradientCase(
      "linear", "Resize", [.image, .absent, .absent, .integers([1, 2, 7, 5, 2])], ["mode": .string("linear")]),
    GradientCase(
      "linear, corners", "Resize", [.image, .absent, .absent, .integers([1, 2, 7, 3, 5])],
      ["mode": .string("linear"), "coordinate_transformation_mode": .string("align_corners")]),
    GradientCase(
      "cubic", "Resize", [.image, .absent, .absent, .integers([1, 2, 6, 8, 3])], ["mode": .string("cubic")]),
    GradientCase("nearest", "Upsample", [.image], ["scales": .floats([1, 1, 2, 3, 1])], opset: 7),
    GradientCase("", "Expand", [.image, .integers([1, 2, 4, 1, 5])], image: [1, 2, 1, 3, 1]),
    GradientCase("more axes", "Expand", [.image, .integers([2, 1, 1, 1])], image: [1, 3, 4]),
    GradientCase("", "Tile", [.image, .integers([1, 2, 1, 3, 2])], image: [1, 2, 3, 2, 2]),
  ]

  private static let choosing: [GradientCase] =
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"].map {
      GradientCase("0", $0, [.image, .scalar(0)], spread: true)
    }
    + [
      GradientCase("by a constant", "Where", [.integers([1, 0, 1]), .image, .value("t")], opset: 9, before: [thin]),
      GradientCase("else a constant", "Where", [.integers([0, 1, 1]), .image, .weights([5, 1])]),
      GradientCase("by the image", "Where", [.image, .image, .weights([3])], spread: true),
      GradientCase(
        "rows", "ScatterND", [.image, .value("i"), .weights([2, 5, 3])],
        before: [
          OnnxNode(
            name: "i", operation: "Constant", inputs: [], outputs: ["i"],
            attributes: [
              "value": .tensor(
                OnnxTensor(elementType: .int64, dimensions: [2, 3], values: .integers([0, 0, 1, 0, -1, 2])))
            ])
        ]),
      GradientCase(
        "into a constant", "ScatterND", [.weights([3, 2, 4, 5, 3]), .integers([2]), .value("s")], opset: 11,
        before: [
          OnnxNode(
            name: "s", operation: "Squeeze", inputs: ["x"], outputs: ["s"], attributes: ["axes": .ints([0])])
        ]),
    ]

  private static let contractions: [GradientCase] = [
    GradientCase(
      "two", "Einsum", [.value("a"), .value("b")], ["equation": .string("ncdhw,ncdvw->ndhv")], image: [1, 2, 3, 2, 3],
      opset: 11,
      before: [
        half("c", 1, 0, 1), half("b", 1, 1, 2),
        OnnxNode(
          name: "a", operation: "Transpose", inputs: ["c"], outputs: ["a"],
          attributes: ["perm": .ints([0, 1, 2, 3, 4])]),
      ]),
    GradientCase("a constant", "Einsum", [.image, .weights([4, 2])], ["equation": .string("ncdhw,kc->nkwdh")]),
    GradientCase(
      "a constant on the left", "Einsum", [.weights([2, 5, 6]), .image], ["equation": .string("chk, ncdhw -> nwkcd")]),
    GradientCase("one", "Einsum", [.image], ["equation": .string("ncdhw->nwc")]),
    GradientCase("implicit", "Einsum", [.image, .weights([3, 4])], ["equation": .string("ncdhw,wk")]),
  ]
}
