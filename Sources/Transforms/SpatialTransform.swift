public import PellucidVolumes

/// A map of the world onto another world, mm, RAS+: from the scan's points to the points of what is brought to the scan.
///
///     q = Tₙ(… T₂(T₁(p)))        p: a point of the scan; q: the point of the atlas or template that belongs there
public struct SpatialTransform: Sendable {
  /// One link of the chain.
  public enum Step: Sendable {
    /// Rotation, scaling, shear and shift: world mm → world mm, both RAS+.
    case affine(Affine)
    /// A shift for each point.
    case field(DisplacementField)
  }

  /// The links, the one that takes the scan's points first.
  public let steps: [Step]

  /// A chain; neighbouring affines are multiplied.
  public init(_ steps: [Step]) {
    var joined: [Step] = []
    for step in steps {
      if case .affine(let next) = step, case .affine(let before) = joined.last {
        joined[joined.count - 1] = .affine(next.composed(with: before))
      } else {
        joined.append(step)
      }
    }
    self.steps = joined
  }

  /// The whole chain where it is one affine; nil where it bends space.
  public var affine: Affine? {
    switch steps.count {
    case 0: return .identity
    case 1:
      if case .affine(let affine) = steps[0] { return affine }
      return nil
    default: return nil
    }
  }

  /// The first field of displacements; nil where there is none.
  public var field: DisplacementField? {
    for step in steps { if case .field(let field) = step { return field } }
    return nil
  }

  /// Where a point goes.
  public func callAsFunction(_ point: WorldPoint) -> WorldPoint {
    var point = point
    for step in steps {
      switch step {
      case .affine(let affine): point = affine.worldPoint(i: point.x, j: point.y, k: point.z)
      case .field(let field): point = field(point)
      }
    }
    return point
  }
}
