internal import CPellucidKernels
internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

/// Kernel, stride, dilation and padding as Conv and the pools state them: explicit pads, or ONNX's `auto_pad`; floor or ceil mode.
///
/// Always along three axes: windows on one or two have an extent of 1 along the others, as ``PellucidTensors/Shape/asVolume`` has it.
struct Padding: Sendable, Hashable {
  enum Mode: Sendable, Hashable {
    case explicit(before: [Int], after: [Int])
    case sameUpper
    case sameLower
  }

  var kernel: [Int]
  var stride: [Int]
  var dilation: [Int]
  var mode: Mode
  var ceil: Bool

  init(_ node: OperatorContext, kernel: [Int]) throws(PellucidError) {
    let axes = kernel.count
    guard (1...3).contains(axes) else { throw .form(node.node, "it works on \(axes) axes", wanted: "one to three") }
    self.kernel = kernel
    stride = try node.node.ints("strides") ?? Array(repeating: 1, count: axes)
    dilation = try node.node.ints("dilations") ?? Array(repeating: 1, count: axes)
    ceil = try node.node.flag("ceil_mode", default: false)
    let pads = try node.node.ints("pads") ?? Array(repeating: 0, count: 2 * axes)
    guard stride.count == axes, dilation.count == axes, pads.count == 2 * axes else {
      throw .malformed(node.node, "strides, dilations or pads do not have \(axes) axes")
    }
    guard (kernel + stride + dilation).allSatisfy({ $0 > 0 && $0 < 1 << 20 }),
      pads.allSatisfy({ $0 >= 0 && $0 < 1 << 20 })
    else {
      throw .malformed(
        node.node, "kernel \(kernel), strides \(stride), dilations \(dilation) or pads \(pads) out of range")
    }
    let others = Array(repeating: 1, count: 3 - axes)
    self.kernel = others + kernel
    stride = others + stride
    dilation = others + dilation
    let none = Array(repeating: 0, count: 3 - axes)
    switch try node.node.string("auto_pad", default: "NOTSET") {
    case "NOTSET": mode = .explicit(before: none + pads[..<axes], after: none + pads[axes...])
    case "VALID":
      mode = .explicit(before: [0, 0, 0], after: [0, 0, 0])
      ceil = false  // as the standard's formula for VALID has it
    case "SAME_UPPER": mode = .sameUpper
    case "SAME_LOWER": mode = .sameLower
    case let other: throw .malformed(node.node, "auto_pad \(other)")
    }
  }

  init(kernel: [Int], stride: [Int], dilation: [Int], before: [Int], after: [Int]) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.mode = .explicit(before: before, after: after)
    self.ceil = false
  }

  /// Extent that a kernel spans along an axis.
  private func reach(_ axis: Int) -> Int { (kernel[axis] - 1) * dilation[axis] + 1 }

  /// Whether a window may lie in the padding as a whole, where a pool has nothing to choose from.
  var hasEmptyWindows: Bool {
    guard case .explicit(let before, let after) = mode else { return false }
    return kernel.indices.contains { max(before[$0], after[$0]) >= reach($0) }
  }

  /// Whether any axis is padded.
  var isPadding: Bool {
    guard case .explicit(let before, let after) = mode else { return true }
    return (before + after).contains { $0 != 0 }
  }

  /// Zeros before and after each axis.
  func pads(of input: [Int]) -> (before: [Int], after: [Int]) {
    switch mode {
    case .explicit(let before, let after): return (before, after)
    case .sameUpper, .sameLower:
      let total = input.indices.map { axis in
        max(0, ((input[axis] + stride[axis] - 1) / stride[axis] - 1) * stride[axis] + reach(axis) - input[axis])
      }
      let half = total.map { $0 / 2 }
      let rest = total.map { $0 - $0 / 2 }
      return mode == .sameUpper ? (half, rest) : (rest, half)
    }
  }

  /// Output extents; not positive where the kernel does not fit.
  func outputs(of input: [Int]) -> [Int] {
    let (before, after) = pads(of: input)
    return input.indices.map { axis in
      let room = input[axis] + before[axis] + after[axis] - reach(axis)
      guard room >= 0 else { return 0 }
      if !ceil { return room / stride[axis] + 1 }
      let up = (room + stride[axis] - 1) / stride[axis] + 1
      // A window that would start in the padding after the input is left out, as PyTorch does.
      return (up - 1) * stride[axis] >= input[axis] + before[axis] ? up - 1 : up
    }
  }

  var window: Window {
    var before = Array(repeating: 0, count: kernel.count)
    if case .explicit(let pads, _) = mode { before = pads } else { before = kernel.indices.map { (reach($0) - 1) / 2 } }
    return Window(kernel: kernel, stride: stride, dilation: dilation, padBefore: before)
  }

  /// The pool's C description.
  func pool(input: Shape, output: Shape, countPadding: Bool = false) -> pk_pool {
    let (before, after) = pads(of: input.spatial)
    var pool = pk_pool()
    pool.n = Int64(input[0])
    pool.channels = Int64(input[1])
    pool.in = triple(input.spatial)
    pool.out = triple(output.spatial)
    pool.kernel = triple(kernel)
    pool.stride = triple(stride)
    pool.dilation = triple(dilation)
    pool.padBefore = triple(before)
    pool.padAfter = triple(after)
    pool.countPadding = countPadding ? 1 : 0
    return pool
  }
}

/// Three extents as C takes them.
func triple(_ v: [Int]) -> (Int64, Int64, Int64) { (Int64(v[0]), Int64(v[1]), Int64(v[2])) }
