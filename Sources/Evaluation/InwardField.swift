internal import PellucidVolumes

/// A velocity that draws regions together: the gradient of a potential whose Laplacian is negative in the regions' tissue and positive in
/// the fluid around them, the two in balance, so that nothing far away moves.
///
/// On a box of voxels, i fastest; mm along the grid's axes.
/// - Source: as simulated atrophy in the validation of morphometry, Karaçalı & Davatzikos 2006, doi:10.1109/TMI.2006.873221.
struct InwardField {
  let extents: [Int]
  /// mm.
  let sizes: [Double]
  /// By axis, mm.
  private(set) var velocity: [[Float]] = []
  /// How far around the regions anything moves, mm.
  static let reach = 12.0

  private var count: Int { extents.reduce(1, *) }
  private var strides: [Int] { [1, extents[0], extents[0] * extents[1]] }

  /// - Parameters:
  ///   - region: 1 in the regions.
  ///   - fluid: 0…1, how much of a voxel is fluid.
  init(region: [Float], fluid: [Float], extents: [Int], sizes: [Double]) {
    (self.extents, self.sizes) = (extents, sizes)
    let distance = distances(to: region)
    let smooth = { (values: [Float], sigma: Double) in Self.smoothed(values, sigma, extents, sizes) }
    let tissue = zip(region, fluid).map { $0 * (1 - $1) }
    var divergence = smooth(tissue, 1).map { -$0 }
    // Fluid takes the room, most of it near; without any, all that is around the regions.
    let near = { (place: Int) -> Float in
      region[place] > 0 || distance[place] >= Float(Self.reach) ? 0 : 1 - distance[place] / Float(Self.reach)
    }
    let wanted = -divergence.reduce(0.0) { $0 + Double($1) }
    let fluidRoom = smooth(fluid.indices.map { fluid[$0] * near($0) * near($0) }, 0.7)
    let anyRoom = smooth(fluid.indices.map { 0.05 * near($0) * near($0) }, 0.7)
    let room = zip(fluidRoom, anyRoom).map { $0 + $1 }
    let scale = Self.scale(of: room, total: wanted, most: 1.8)
    for place in divergence.indices { divergence[place] += min(Float(scale) * room[place], 1.8) }
    let left = divergence.reduce(0.0) { $0 + Double($1) } / Double(count)
    for place in divergence.indices { divergence[place] -= Float(left) }
    let potential = potential(of: divergence)
    velocity = (0..<3).map { axis in gradient(of: potential, axis: axis) }
    for place in 0..<count {
      let fade = min(1, max(0, (Float(Self.reach) - distance[place]) / Float(Self.reach - 4)))
      let window = fade * fade * (3 - 2 * fade)
      for axis in 0..<3 { velocity[axis][place] *= window }
    }
  }

  /// Values under a Gaussian of so many mm.
  static func smoothed(_ values: [Float], _ sigma: Double, _ extents: [Int], _ sizes: [Double]) -> [Float] {
    Volume(shape: GridShape(i: extents[0], j: extents[1], k: extents[2]), voxels: values, affine: .identity)
      .smoothed(sigma: sizes.map { sigma / $0 }).voxels
  }

  /// The factor with which weights, cut at a bound, sum to a total, or come as near as the bound allows.
  private static func scale(of weights: [Float], total: Double, most: Float) -> Double {
    var (low, high) = (0.0, 1e4)
    for _ in 0..<40 {
      let scale = (low + high) / 2
      let sum = weights.reduce(0.0) { $0 + Double(min(Float(scale) * $1, most)) }
      if sum < total { low = scale } else { high = scale }
    }
    return low
  }

  /// mm to the nearest voxel of the regions, as far as the reach; beyond, the reach.
  private func distances(to region: [Float]) -> [Float] {
    let far = Float(Self.reach * Self.reach)
    var squares = region.map { $0 > 0.5 ? 0 : far }
    for axis in 0..<3 {
      let stride = strides[axis]
      let input = squares
      let steps = Int(Self.reach / sizes[axis])
      guard steps > 0 else { continue }
      for step in 1...steps where step < extents[axis] {
        let add = Float(Double(step * step) * sizes[axis] * sizes[axis])
        for place in 0..<count {
          let at = place / stride % extents[axis]
          if at + step < extents[axis] { squares[place] = min(squares[place], input[place + step * stride] + add) }
          if at >= step { squares[place] = min(squares[place], input[place - step * stride] + add) }
        }
      }
    }
    return squares.map { $0.squareRoot() }
  }

  /// φ with ∇²φ = f, 0 on the border of the box, by conjugate gradients.
  private func potential(of divergence: [Float]) -> [Float] {
    let weights = sizes.map { Float(1 / ($0 * $0)) }
    let inside: [Float] = (0..<count).map { place in
      (0..<3).allSatisfy { axis in
        let at = place / strides[axis] % extents[axis]
        return at > 0 && at < extents[axis] - 1
      } ? 1 : 0
    }
    func applied(_ x: [Float], into out: inout [Float]) {
      let (input, mask) = (x.span, inside.span)
      var output = out.mutableSpan
      let (sj, sk) = (strides[1], strides[2])
      for place in sk..<(count - sk) {
        let centre = 2 * input[place]
        output[place] =
          mask[place]
          * (weights[0] * (centre - input[place - 1] - input[place + 1])
            + weights[1] * (centre - input[place - sj] - input[place + sj])
            + weights[2] * (centre - input[place - sk] - input[place + sk]))
      }
    }
    func product(_ a: [Float], _ b: [Float]) -> Double {
      var sum = 0.0
      for place in a.indices { sum += Double(a[place]) * Double(b[place]) }
      return sum
    }
    // −∇²φ = −f is positive.
    var r = zip(divergence, inside).map { -$0 * $1 }
    var x = [Float](repeating: 0, count: count)
    var p = r
    var image = x
    var square = product(r, r)
    let aim = 1e-8 * max(square, 1e-30)
    var rounds = 0
    while square > aim, rounds < 2000 {
      applied(p, into: &image)
      let alpha = Float(square / product(p, image))
      for place in x.indices {
        x[place] += alpha * p[place]
        r[place] -= alpha * image[place]
      }
      let next = product(r, r)
      let beta = Float(next / square)
      square = next
      for place in p.indices { p[place] = r[place] + beta * p[place] }
      rounds += 1
    }
    return x
  }

  private func gradient(of values: [Float], axis: Int) -> [Float] {
    let stride = strides[axis]
    return (0..<count).map { place in
      let at = place / stride % extents[axis]
      guard at > 0, at + 1 < extents[axis] else { return 0 }
      return (values[place + stride] - values[place - stride]) / Float(2 * sizes[axis])
    }
  }

  /// The displacement of exp(s·velocity), mm by axis: where each voxel goes.
  func displacement(_ strength: Double, squarings: Int = 5) -> [[Float]] {
    var parts = 1.0
    for _ in 0..<squarings { parts *= 2 }
    var u = velocity.map { axis in axis.map { Float(strength / parts) * $0 } }
    for _ in 0..<squarings {
      let old = u
      for axis in 0..<3 {
        let moved = sampled(old[axis], at: old)
        for place in 0..<count { u[axis][place] += moved[place] }
      }
    }
    return u
  }

  /// Values at the places to which a displacement leads, trilinear; beyond the box its border's.
  func sampled(_ values: [Float], at displacement: [[Float]]) -> [Float] {
    let (ni, nj, nk) = (extents[0], extents[1], extents[2])
    let inverse = sizes.map { Float(1 / $0) }
    let input = values.span
    return [Float](capacity: count) { output in
      var place = 0
      for k in 0..<nk {
        for j in 0..<nj {
          for i in 0..<ni {
            let x = min(max(Float(i) + displacement[0][place] * inverse[0], 0), Float(ni - 1))
            let y = min(max(Float(j) + displacement[1][place] * inverse[1], 0), Float(nj - 1))
            let z = min(max(Float(k) + displacement[2][place] * inverse[2], 0), Float(nk - 1))
            let (a, b, c) = (min(Int(x), ni - 2), min(Int(y), nj - 2), min(Int(z), nk - 2))
            let (u, v, w) = (x - Float(a), y - Float(b), z - Float(c))
            let at = a + ni * (b + nj * c)
            func line(_ at: Int) -> Float { input[at] + (input[at + 1] - input[at]) * u }
            func plane(_ at: Int) -> Float { line(at) + (line(at + ni) - line(at)) * v }
            output.append(plane(at) + (plane(at + ni * nj) - plane(at)) * w)
            place += 1
          }
        }
      }
    }
  }
}
