internal import CPellucidKernels
internal import PellucidFaults
internal import PellucidTensors

/// Paddings, cuts, joins, transposes and reshapes one after another of one value, as one copy of whole rows: the windows of a volume, rolled or
/// not, and the volume of windows.
struct PickedRows: Operator {
  static let onnxNames: [String] = []
  let role = Role.rearrangement
  let gradientNeeds: GradientNeeds = []

  /// A step that it stands for, with what it reads: −1 for the value itself, else what an earlier step made.
  struct Step: Sendable {
    var operation: any Operator
    var inputs: [Int]
  }

  private let steps: [Step]
  private let input: Shape
  private let output: Shape
  /// Values of a row.
  private let length: Int
  /// For each row of the output the row of the input that it is; −1: zeros.
  private let rows: [Int32]
  /// For each row of the input the row of the output that it becomes; −1: none.
  private let back: [Int32]

  init(_ node: OperatorContext) throws(PellucidError) {
    preconditionFailure("no ONNX operator is a PickedRows")
  }

  /// Finds the rows by running the steps on the numbers of the values themselves.
  ///
  /// - Returns: nil where rows are short, or a value is taken more than once.
  init?(_ steps: [Step], of input: Shape) {
    // Whole numbers beyond that are not floats.
    guard input.count < 1 << 24 else { return nil }
    let numbers = Tensor((0..<input.count).map { Float($0 + 1) }, shape: input)
    guard let moved = try? Self.run(steps, on: numbers) else { return nil }
    self.steps = steps
    self.input = input
    output = moved.shape
    let source = moved.ordered(.rowMajor).values.map { Int32($0) - 1 }
    length = Self.rowLength(source)
    guard length >= 8, input.count % length == 0 else { return nil }
    let size = Int32(length)
    rows = stride(from: 0, to: source.count, by: length).map { source[$0] < 0 ? -1 : source[$0] / size }
    var back = [Int32](repeating: -1, count: input.count / length)
    for (row, from) in rows.enumerated() where from >= 0 {
      guard back[Int(from)] < 0 else { return nil }
      back[Int(from)] = Int32(row)
    }
    self.back = back
  }

  /// The most values such that rows of that many are moved whole.
  private static func rowLength(_ source: [Int32]) -> Int {
    var length = source.count
    var before: Int32 = -2
    for (place, from) in source.enumerated() {
      if from < 0 ? before >= 0 : from != before + 1 || before == -1 {
        length = greatestCommonDivisor(length, place)
        if from >= 0 { length = greatestCommonDivisor(length, Int(from)) }
      }
      before = from
    }
    return length
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }

  private static func run(_ steps: [Step], on value: Tensor) throws(PellucidError) -> Tensor {
    var made: [Tensor] = []
    for step in steps { made.append(try step.operation.forward(step.inputs.map { $0 < 0 ? value : made[$0] })) }
    return made.last ?? value
  }

  func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let images = inputs[0].count / input.count
    guard inputs[0].count == images * input.count else {
      throw .shapes("a rearrangement", [inputs[0], input], "it was made for the second")
    }
    return output.withBatch(images * output.firstExtent)
  }

  func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    // Channels last, rows are others: then step by step.
    let x = inputs[0].shape.rank < 3 ? inputs[0].ordered(.rowMajor) : inputs[0]
    guard x.order == .rowMajor else { return try Self.run(steps, on: x) }
    return picked(x, rows, as: try shape(of: [x.shape]), images: x.count / input.count)
  }

  func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    return [picked(dy, back, as: saved.inputShapes[0], images: dy.count / output.count)]
  }

  private func picked(_ x: Tensor, _ rows: [Int32], as shape: Shape, images: Int) -> Tensor {
    var y = Tensor(unfilled: shape, order: .rowMajor)
    // Every row was made by dividing places inside the input, or the output.
    precondition(rows.count * length * images == y.count, "rows that do not fill their tensor")
    x.withValues { x in
      y.withMutableValues { y in
        for image in 0..<images {
          unsafe pk_pick_rows(
            Int64(rows.count), Int64(length), rows, x.start + image * (x.count / images),
            y.start + image * (y.count / images))
        }
      }
    }
    return y
  }

  var field: SpatialField { .everything }
}
