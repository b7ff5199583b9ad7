internal import PellucidFaults
internal import PellucidOnnxFormat
internal import PellucidTensors

/// What is added to an Attention's scores: its mask, what causality and a window forbid, and keys that are padding.
struct AttentionBias {
  /// The constant part, [batch, heads, queries, keys] with extents of 1 where it is the same for all; nil where it is 0.
  private(set) var tensor: OnnxTensor?
  /// 1 for each query that may look at a key, 0 for the others, [batch, heads, queries, 1]; nil where all may.
  private(set) var keptRows: OnnxTensor?
  /// Name of a mask that depends on the image; empty where none does.
  private(set) var dependsOnImage = ""
  /// Whether some query may not look at some key.
  private(set) var hides = false

  /// - Parameter past: keys of earlier steps among all `keys`.
  init(_ context: OperatorContext, queries: Int, keys: Int, past: Int) throws(PellucidError) {
    let node = context.node
    var mask: OnnxTensor?
    if context.operands.count > 3 {
      switch context.operands[3] {
      case .constant(let tensor): mask = tensor
      case .dynamic(let shape):
        guard shape.dimensions.last == keys else { throw .malformed(node, "a mask of shape \(shape) for \(keys) keys") }
        dependsOnImage = node.inputs[3]
      case .absent: break
      }
    }
    let lengths = try context.constant(6, "numbers of keys")?.integers?.map { Int(clamping: $0) }
    let isCausal = try node.flag("is_causal", default: false)
    let window = try (node.int("left_window_size", default: -1), node.int("right_window_size", default: -1))
    guard mask != nil || lengths != nil || isCausal || window != (-1, -1) else { return }
    let own =
      mask.map { Array(repeating: 1, count: max(0, 4 - $0.dimensions.count)) + $0.dimensions } ?? [1, 1, 1, keys]
    let batch = max(own[0], lengths?.count ?? 1)
    guard own.count == 4, own[2] == 1 || own[2] == queries, own[3] == 1 || (1...keys).contains(own[3]),
      own[0] == 1 || own[0] == batch, lengths.map({ $0.count == batch }) != false
    else { throw .malformed(node, "a mask of shape \(Shape(own)) for \(queries) queries and \(keys) keys") }
    let made = [batch, own[1], queries, keys]
    let count = try context.claim(made, from: mask.map { [$0] } ?? [])
    let values = mask?.asFloats ?? []
    let isBoolean = mask?.elementType == .bool
    let strides = Shape(own).strides(in: .rowMajor)
    var bias = [Float](repeating: 0, count: count)
    var rows = [Float](repeating: 0, count: count / keys)
    for row in rows.indices {
      let (image, head, query) = (row / (own[1] * queries), row / queries % own[1], row % queries)
      let start =
        (own[0] == 1 ? 0 : image * strides[0]) + head * strides[1] + (own[2] == 1 ? 0 : query * strides[2])
      // Queries follow what came before: keys of earlier steps, or of the same cache.
      let place = query + (past == 0 ? lengths.map { $0[image] - queries } ?? 0 : past)
      for key in 0..<keys {
        var isHidden = isCausal && key > place
        isHidden = isHidden || (window.0 >= 0 && place - key > window.0) || (window.1 >= 0 && key - place > window.1)
        if let lengths { isHidden = isHidden || key >= lengths[image] }
        var value: Float = 0
        if mask != nil {
          // A mask that is too short hides the rest; one of one value is the same for all keys.
          let isOne = own[3] == 1 && keys > 1 && mask?.dimensions.last == 1
          if !isOne, key >= own[3] {
            isHidden = true
          } else {
            let given = values[start + (isOne ? 0 : key)]
            if isBoolean { isHidden = isHidden || given == 0 } else { value = given }
          }
        }
        guard value.isNaN == false, value < .infinity else { throw .malformed(node, "its mask holds \(value)") }
        isHidden = isHidden || value == -.infinity
        hides = hides || isHidden
        // Infinity less infinity is no number: the least float does the same.
        bias[row * keys + key] = isHidden ? -.greatestFiniteMagnitude : value
        if !isHidden { rows[row] = 1 }
      }
    }
    if bias.contains(where: { $0 != 0 }) { tensor = .floats(bias, made) }
    if rows.contains(0) { keptRows = .floats(rows, [batch, own[1], queries, 1]) }
  }
}
