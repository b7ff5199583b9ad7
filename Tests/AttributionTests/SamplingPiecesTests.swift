import PellucidAttribution
import PellucidNetworks
import PellucidTensors
import TestSupport
import Testing

/// What the sampling methods are made of: supervoxels and masks.
@Suite struct SamplingPiecesTests {
  /// Two blocks of different intensity in an empty image.
  private static func blocks() -> (Tensor, [Bool]) {
    let extents = [18, 20, 16]
    var values: [Float] = []
    for d in 0..<18 {
      for h in 0..<20 {
        for w in 0..<16 {
          let isInside = (2..<16).contains(d) && (2..<18).contains(h) && (2..<14).contains(w)
          values.append(isInside ? (h < 11 ? 1 : 3) : 0)
        }
      }
    }
    return (Tensor(values, shape: Shape([1, 1] + extents)), values.map { $0 != 0 })
  }

  @Test func `supervoxels keep to edges, cover what counts and nothing else`() {
    let (image, counts) = Self.blocks()
    let pieces = Supervoxels(of: image, count: 40, compactness: 0.1, within: counts)
    #expect((25...60).contains(pieces.count))
    for (piece, isWanted) in zip(pieces.assignment, counts) { #expect((piece >= 0) == isWanted) }
    let values = image.values
    for piece in 0..<pieces.count {
      let own = values.indices.filter { pieces.assignment[$0] == Int32(piece) }
      #expect(!own.isEmpty)
      #expect(Set(own.map { values[$0] }).count == 1, "piece \(piece) crosses the edge")
    }
  }

  @Test func `round supervoxels are of similar size`() {
    let (image, counts) = Self.blocks()
    let pieces = Supervoxels(of: image, count: 48, compactness: 100, within: counts)
    var sizes = Array(repeating: 0, count: pieces.count)
    for piece in pieces.assignment where piece >= 0 { sizes[Int(piece)] += 1 }
    let mean = Double(sizes.reduce(0, +)) / Double(pieces.count)
    #expect(sizes.allSatisfy { Double($0) > 0.4 * mean && Double($0) < 2 * mean })
  }

  /// Noise, so that pieces fall apart before they are connected.
  private static func noise(_ extents: [Int]) -> Tensor {
    var random = RandomValues(seed: 21)
    return Tensor((0..<extents.reduce(1, *)).map { _ in random.next() }, shape: Shape([1, 1] + extents))
  }

  @Test func `every supervoxel is one connected part`() {
    let extents = [16, 14, 12]
    let image = Self.noise(extents)
    let counts = Array(repeating: true, count: image.count)
    let pieces = Supervoxels(of: image, count: 30, compactness: 0.05, within: counts)
    #expect(pieces.assignment.allSatisfy { $0 >= 0 })
    #expect((10...60).contains(pieces.count))
    var reached = Array(repeating: false, count: image.count)
    var started = Set<Int32>()
    for voxel in reached.indices where !reached[voxel] {
      #expect(started.insert(pieces.assignment[voxel]).inserted, "piece \(pieces.assignment[voxel]) has two parts")
      var front = [voxel]
      reached[voxel] = true
      while let next = front.popLast() {
        let index = [next / 168, next / 12 % 14, next % 12]
        for (axis, step) in [(0, 168), (1, 12), (2, 1)] {
          for sign in [-1, 1] where (0..<extents[axis]).contains(index[axis] + sign) {
            let other = next + sign * step
            if !reached[other], pieces.assignment[other] == pieces.assignment[next] {
              reached[other] = true
              front.append(other)
            }
          }
        }
      }
    }
  }

  @Test func `islands share no piece where they are large`() {
    var values: [Float] = Array(repeating: 0, count: 40)
    for place in 0..<16 { values[place] = 1 }
    for place in 20..<32 { values[place] = 1 }
    let image = Tensor(values, shape: Shape([1, 1, 1, 1, 40]))
    let pieces = Supervoxels(of: image, count: 2, compactness: 1, within: values.map { $0 != 0 }).assignment
    #expect(pieces.indices.allSatisfy { (pieces[$0] >= 0) == (values[$0] != 0) })
    #expect(Set(pieces[0..<16]).isDisjoint(with: Set(pieces[20..<32])))
  }

  @Test func `supervoxels of flat voxels are about as thick as wide`() {
    let extents = [12, 40, 40]
    let image = Tensor(repeating: 1, shape: Shape([1, 1] + extents))
    let pieces = Supervoxels(
      of: image, count: 48, compactness: 1, voxelSizes: [4, 1, 1], within: Array(repeating: true, count: image.count))
    var boxes: [Int32: Box] = [:]
    for (voxel, piece) in pieces.assignment.enumerated() {
      let index = [voxel / 1600, voxel / 40 % 40, voxel % 40]
      var box = boxes[piece] ?? Box(lower: index, upper: index)
      for axis in 0..<3 {
        box.lower[axis] = min(box.lower[axis], index[axis])
        box.upper[axis] = max(box.upper[axis], index[axis] + 1)
      }
      boxes[piece] = box
    }
    let widths = (0..<3).map { axis in
      boxes.values.reduce(0.0) { $0 + Double($1.extents[axis]) } / Double(boxes.count) * [4, 1, 1][axis]
    }
    #expect((widths.max() ?? 0) < 1.5 * (widths.min() ?? 0), "\(widths) mm")
  }

  @Test func `a few voxels have supervoxels too`() {
    let image = Tensor([0, 0, 5, 0, 0, 0, 7, 0], shape: Shape([1, 1, 2, 2, 2]))
    let pieces = Supervoxels(of: image, count: 200, compactness: 0.1, within: image.values.map { $0 != 0 })
    #expect(pieces.assignment.map { $0 >= 0 } == image.values.map { $0 != 0 })
    #expect((1...2).contains(pieces.count))
  }

  @Test func `a mask is the stretched grid, cut out, as PyTorch stretches it`() {
    typealias R = SamplingReference
    let mask = SmoothMask(R.riseGrid, cells: 3, extents: R.riseExtents, shift: R.riseShift).values
    #expect(mask.count == R.riseMask.count)
    for (ours, theirs) in zip(mask, R.riseMask) { #expect(abs(ours - theirs) < 1e-6) }
  }

  @Test func `rise is the mean of scores over the masks`() throws {
    let extents = [1, 1, 9]
    let image: [Float] = [1, -2, 3, 0.5, -1, 2, 1, 0, 4]
    let weights: [Float] = [1, 0.5, -1, 2, 1, 0.25, 1, 3, -0.5]
    let score = try SamplingTests.score(voxels: 9) { SamplingTests.dense(&$0, $1, weights, bias: [0.1]) }
    let relevance = try SamplingTests.map(
      Rise.self, ["masks": "100", "cells": "3", "probability": "0.4", "fill": "0.5", "seed": "9"], score,
      SamplingTests.subject(image, labels: nil))
    var random = UniformNumbers(seed: 9)
    var sums = [Double](repeating: 0, count: 9)
    for _ in 0..<100 {
      let mask = SmoothMask(&random, cells: 3, extents: extents, probability: 0.4).values
      let value = zip(weights, zip(image, mask)).reduce(0.1) { $0 + Double($1.0 * (0.5 + $1.1.1 * ($1.1.0 - 0.5))) }
      for voxel in 0..<9 { sums[voxel] += value * Double(mask[voxel]) / 40 }
    }
    for (found, wanted) in zip(relevance.map.values, sums) { #expect(abs(Double(found) - wanted) < 1e-4) }
  }

  @Test func `random orders hold every feature once and are fair`() {
    var random = UniformNumbers(seed: 1)
    var first = [Int](repeating: 0, count: 5)
    for _ in 0..<5000 {
      let order = random.permutation(of: 5)
      #expect(order.sorted() == Array(0..<5))
      first[order[0]] += 1
    }
    #expect(first.allSatisfy { abs($0 - 1000) < 150 })
  }
}
