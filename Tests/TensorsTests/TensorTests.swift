import PellucidTensors
import TestSupport
import Testing

@Suite struct `Tensors` {
  private func counting(_ shape: [Int]) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { Float($0) }, shape: Shape(shape))
  }

  @Test func `keep their values through memory orders`() {
    let tensor = counting([2, 3, 2, 2, 1])
    let moved = tensor.ordered(.channelsLast)
    #expect(moved.values[1] == 4 && moved.values[3] == 1)
    #expect(moved.ordered(.rowMajor).values == tensor.values)
  }

  @Test func `share memory until one of them changes`() {
    let tensor = counting([4])
    var copy = tensor
    copy.combineInPlace(.add, with: tensor)
    #expect(tensor.values == [0, 1, 2, 3])
    #expect(copy.values == [0, 2, 4, 6])
  }

  @Test func `are combined in place with themselves`() {
    var tensor = counting([4])
    tensor.combineInPlace(.multiply, with: tensor)
    #expect(tensor.values == [0, 1, 4, 9])
  }

  @Test(arguments: [
    ([2, 3, 4, 5, 3], [3, 1, 1, 1]), ([1, 4, 2, 2, 2], [1, 4, 2, 2, 2]), ([2, 3], [3]),
    ([1, 2, 1, 3, 1], [2, 2, 5, 1, 4]), ([3], [2, 1]),
    ([1, 40, 20, 30, 20], [1, 40, 1, 1, 1]), ([2, 5, 7], [1]),
  ])
  func `are combined with broadcasting, whatever their memory orders`(a: [Int], b: [Int]) throws {
    var noise = Noise(seed: a.count + b.count)
    let x = noise.tensor(a)
    let y = noise.tensor(b)
    let shape = try #require(Shape.broadcast(x.shape, y.shape))
    let (left, right) = (x.values, y.values)
    let places = (0..<shape.count).map { (source($0, of: x.shape, in: shape), source($0, of: y.shape, in: shape)) }
    let functions: [(Combination, (Float, Float) -> Float)] = [
      (.add, { $0 + $1 }), (.subtract, { $0 - $1 }), (.multiply, { $0 * $1 }), (.divide, { $0 / $1 }),
      (.maximum, { max($0, $1) }),
      (.minimum, { min($0, $1) }), (.gate, { $1 > 0 ? $0 : 0 }), (.guidedGate, { $1 > 0 ? max($0, 0) : 0 }),
      (.stabilizedQuotient(epsilon: 0.1), { $0 / ($1 < 0 ? $1 - 0.1 : $1 + 0.1) }),
      (.scaledSum(factor: 3), { $0 * 3 + $1 }), (.notBelow, { $0 >= $1 ? 1 : 0 }),
    ]
    for (function, wanted) in functions {
      let reference = Tensor(places.map { wanted(left[$0.0], right[$0.1]) }, shape: shape)
      for first in [MemoryOrder.rowMajor, .channelsLast] {
        for second in [MemoryOrder.rowMajor, .channelsLast] {
          let made = x.ordered(first).combined(function, with: y.ordered(second))
          #expect(
            made.isClose(to: reference, absolute: 1e-6, relative: 1e-5),
            "\(function): \(made.worst(against: reference))")
        }
      }
    }
  }

  /// Place in a smaller tensor of what a broadcast result has at a place.
  private func source(_ place: Int, of shape: Shape, in target: Shape) -> Int {
    let own = shape.strides(in: .rowMajor)
    let missing = target.rank - shape.rank
    return zip(target.strides(in: .rowMajor), target.dimensions).enumerated().reduce(0) { sum, axis in
      let index = place / axis.element.0 % axis.element.1
      return axis.offset < missing || shape[axis.offset - missing] == 1 ? sum : sum + index * own[axis.offset - missing]
    }
  }

  @Test func `sum in double, the same in every run`() {
    var noise = Noise(seed: 1)
    let values = (0..<1_000_003).map { _ in Float.random(in: 0...1, using: &noise) }
    let tensor = Tensor(values, shape: Shape([values.count]))
    let wanted = values.reduce(0.0) { $0 + Double($1) }
    #expect(abs(tensor.sum - wanted) < 1e-9 * wanted)
    #expect(tensor.sum == tensor.sum)
  }

  @Test func `know their range and what is not finite`() {
    var values = (0..<10_000).map { Float($0 % 7) - 3 }
    #expect(Tensor(values, shape: Shape([10_000])).range == -3...3)
    #expect(Tensor(values, shape: Shape([10_000])).firstNonFinite == nil)
    values[9_001] = .nan
    values[9_500] = .infinity
    #expect(Tensor(values, shape: Shape([1, 1, 10, 10, 100])).firstNonFinite == [0, 0, 9, 0, 1])
    #expect(Tensor(values, shape: Shape([1, 10, 1, 10, 100]), order: .channelsLast).firstNonFinite == [0, 1, 0, 9, 0])
  }

  @Test func `are clamped and scaled`() {
    let tensor = Tensor([-2, -1, 0, 1, 2], shape: Shape([5]))
    #expect(tensor.clamped(low: 0).values == [0, 0, 0, 1, 2])
    #expect(tensor.clamped(high: 1).values == [-2, -1, 0, 1, 1])
    #expect(tensor.scaled(by: -2).values == [4, 2, 0, -2, -4])
    #expect(!tensor.isNonNegative && tensor.clamped(low: 0).isNonNegative)
  }

  @Test func `without values have none`() {
    let empty = Tensor([], shape: Shape([0, 3]))
    #expect(empty.sum == 0 && empty.values.isEmpty && empty.firstNonFinite == nil)
    #expect(empty.combined(.add, with: Tensor([1], shape: Shape([1]))).values.isEmpty)
  }

  @Test func `are compared by the worst value`() {
    let a = Tensor([1, 2, 3, 4], shape: Shape([2, 2]))
    let b = Tensor([1, 2, 3.5, 4], shape: Shape([2, 2]))
    #expect(a.isClose(to: a) && !a.isClose(to: b))
    #expect(a.worst(against: b).hasPrefix("at [1, 0]: 3.0, wanted 3.5"))
    #expect(a.relativeDistance(to: a) == 0)
    #expect(a.relativeDistance(to: Tensor([1, 2, 3, 4], shape: Shape([4]))) == .infinity)
  }
}
