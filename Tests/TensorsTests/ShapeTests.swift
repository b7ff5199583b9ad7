import PellucidTensors
import Testing

@Suite struct `Shapes` {
  @Test func `have strides in both memory orders`() {
    let shape = Shape(n: 2, c: 3, d: 4, h: 5, w: 6)
    #expect(shape.strides(in: .rowMajor) == [360, 120, 30, 6, 1])
    #expect(shape.strides(in: .channelsLast) == [360, 1, 90, 18, 3])
    #expect(Shape([4, 5]).strides(in: .channelsLast) == [5, 1])
    #expect(Shape([2, 3, 4]).strides(in: .channelsLast) == [12, 1, 3])
  }

  @Test(arguments: [
    ([2, 3], [3], [2, 3]), ([2, 1, 4], [3, 1], [2, 3, 4]), ([], [5], [5]), ([1], [4, 1], [4, 1]),
  ])
  func `broadcast as NumPy's do`(a: [Int], b: [Int], wanted: [Int]) {
    #expect(Shape.broadcast(Shape(a), Shape(b)) == Shape(wanted))
    #expect(Shape.broadcast(Shape(b), Shape(a)) == Shape(wanted))
  }

  @Test func `that do not fit do not broadcast`() { #expect(Shape.broadcast(Shape([2, 3]), Shape([2])) == nil) }

  @Test(arguments: [
    ([1, 2, 3], true), ([], true), ([0, 1 << 40], false), ([0, 5], true), ([-1], false), ([1 << 40, 1 << 40], false),
    (Array(repeating: 1, count: 13), false), ([.max, .max, .max], false),
  ])
  func `that cannot be held are told apart without counting past the end`(extents: [Int], wanted: Bool) {
    #expect(Shape(extents).isManageable == wanted)
  }
}
