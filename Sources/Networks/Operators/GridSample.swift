internal import CPellucidKernels
package import PellucidFaults
internal import PellucidOnnxFormat
package import PellucidTensors

/// A map read at places that a grid names: nearest, linear or (on two axes) cubic, as a spatial transformer does (ONNX GridSample).
///
/// Map and grid may each be a constant or depend on the image. Source: Jaderberg et al. 2015, arXiv:1506.02025.
package struct GridSample: Operator, MultiInputOperator {
  package static let onnxNames = ["GridSample"]
  /// With a grid that does not depend on the image it is linear.
  package var role: Role { operands.constants[1] == nil ? .other : .mixing }
  package let gradientNeeds: GradientNeeds = .inputs
  private let operands: MixedOperands
  private let interpolation: pk_interpolation
  private let padding: pk_grid_padding
  private let alignsCorners: Bool

  package init(_ node: OperatorContext) throws(PellucidError) {
    operands = try MixedOperands(node, count: 2)
    let input = try node.shape()
    guard [4, 5].contains(input.rank) else {
      throw .form(node.node, "its input has \(input.rank) axes", wanted: "a map of two or three spatial axes")
    }
    switch try node.node.string("mode", default: "linear") {
    case "nearest": interpolation = PK_SAMPLE_NEAREST
    case "linear", "bilinear": interpolation = PK_SAMPLE_LINEAR
    case "cubic" where input.rank == 4, "bicubic" where input.rank == 4: interpolation = PK_SAMPLE_CUBIC
    case let other:
      throw .form(node.node, "its mode is \(other)", wanted: "nearest, linear, or cubic on two axes")
    }
    switch try node.node.string("padding_mode", default: "zeros") {
    case "zeros": padding = PK_PAD_ZEROS
    case "border": padding = PK_PAD_BORDER
    case "reflection": padding = PK_PAD_REFLECTION
    case let other: throw .malformed(node.node, "padding_mode is \(other)")
    }
    alignsCorners = try node.node.flag("align_corners", default: false)
  }

  /// The shapes of map and grid; a constant one for one image serves a batch.
  private func shapes(_ dynamic: [Shape]) -> (map: Shape, grid: Shape) {
    var rest = dynamic[...]
    let all = operands.constants.map { $0?.shape ?? rest.popFirst() ?? Shape([]) }
    return (all[0], all[1])
  }

  package func shape(of inputs: [Shape]) throws(PellucidError) -> Shape {
    let (map, grid) = shapes(inputs)
    let axes = map.rank - 2
    guard grid.rank == map.rank, grid[grid.rank - 1] == axes,
      map[0] == grid[0] || (map[0] == 1 && operands.constants[0] != nil)
        || (grid[0] == 1 && operands.constants[1] != nil)
    else { throw .shapes("a GridSample", [map, grid], "grid and map do not fit") }
    return Shape([max(map[0], grid[0]), map[1]] + grid.dimensions[1...axes])
  }

  /// What the kernels are told, and the operands as they read them.
  private func prepared(_ inputs: [Tensor]) -> (sampling: pk_grid_sampling, map: Tensor, grid: Tensor) {
    let all = operands.tensors(inputs).map { $0.ordered(.rowMajor) }
    let images = max(all[0].shape[0], all[1].shape[0])
    // A constant map serves a batch of grids.
    let map =
      all[0].shape[0] == images
      ? all[0] : Tensor(repeating: 0, shape: all[0].shape.withBatch(images)).combined(.add, with: all[0])
    let spatial = Array(map.shape.dimensions[2...])
    let extents = (spatial.count == 2 ? [1] : []) + spatial.map(Int64.init)
    let points = all[1].shape.dimensions[1..<(all[1].shape.rank - 1)].reduce(1, *)
    let sampling = pk_grid_sampling(
      n: Int64(images), channels: Int64(map.shape[1]), in: (extents[0], extents[1], extents[2]), points: Int64(points),
      axes: Int32(spatial.count), gridStride: all[1].shape[0] == images ? Int64(points) : 0,
      interpolation: interpolation, padding: padding, alignsCorners: alignsCorners ? 1 : 0)
    return (sampling, map.ordered(.rowMajor), all[1])
  }

  package func forward(_ inputs: [Tensor]) throws(PellucidError) -> Tensor {
    var y = Tensor(unfilled: try shape(of: inputs.map(\.shape)), order: .rowMajor)
    var (sampling, map, grid) = prepared(inputs)
    map.withValues { x in
      grid.withValues { grid in
        y.withMutableValues { y in unsafe pk_grid_sample(&sampling, x.start, grid.start, y.start) }
      }
    }
    return y
  }

  package func gradient(_ upstream: consuming Tensor, saved: Saved) throws(PellucidError) -> [Tensor] {
    let dy = upstream.ordered(.rowMajor)
    var (sampling, map, grid) = prepared(saved.inputs.compactMap { $0 })
    var all: [Tensor] = []
    if operands.constants[0] == nil {
      var dx = Tensor(unfilled: map.shape, order: .rowMajor)
      grid.withValues { grid in
        dy.withValues { dy in
          dx.withMutableValues { dx in unsafe pk_grid_sample_gradient(&sampling, grid.start, dy.start, dx.start) }
        }
      }
      all.append(dx)
    }
    if operands.constants[1] == nil {
      var dgrid = Tensor(unfilled: grid.shape, order: .rowMajor)
      map.withValues { x in
        grid.withValues { grid in
          dy.withValues { dy in
            dgrid.withMutableValues { dgrid in
              unsafe pk_grid_sample_grid_gradient(&sampling, x.start, grid.start, dy.start, dgrid.start)
            }
          }
        }
      }
      all.append(dgrid)
    }
    return all
  }

  package var field: SpatialField { .everything }
  package func multiplyAdds(inputs: [Shape], output: Shape) -> Int {
    let taps = interpolation == PK_SAMPLE_NEAREST ? 1 : interpolation == PK_SAMPLE_LINEAR ? 1 << (output.rank - 2) : 16
    return output.count * taps
  }
}
