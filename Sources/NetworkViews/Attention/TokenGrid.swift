internal import PellucidNetworks
internal import PellucidTensors
internal import PellucidVolumes

/// The tokens of an attention layer: each once, whatever window it stands in, and their regular grid in the world.
public struct TokenGrid: Sendable {
  /// The places of the tokens with one, in voxels along D, H, W.
  let tokens: [[Double]]
  /// How many have none, such as a class token.
  let unplacedCount: Int
  /// Cell of each token on the grid, i fastest.
  private let cells: [Int]
  /// The grid: cells (d, h, w) at the tokens' places.
  public let grid: LayerGrid
  /// For each window: the token of each of its places, unplaced ones behind the others.
  private let windows: [(tokens: [Int], heads: [Int])]

  /// The tokens of a layer; nil where fewer than two have a place, or their places are no grid.
  init?(of step: AttentionStep, world: InputWorld) { self.init(of: step.windows, world: world) }

  /// The tokens that a pooling weighs, a weight each.
  init?(pooling places: [[Double]?], world: InputWorld) { self.init(of: [(places, [0])], world: world) }

  private init?(of all: [(tokens: [[Double]?], heads: [Int])], world: InputWorld) {
    var index: [[Int]: Int] = [:]
    var tokens: [[Double]] = []
    var unplaced = 0
    func key(_ place: [Double]) -> [Int] { place.map { Int(($0 * 16).rounded()) } }
    // Unplaced tokens of one window of all tokens are its own; in windows they are padding, one for each window's place.
    for window in all {
      for case .some(let place) in window.tokens where index[key(place)] == nil {
        index[key(place)] = tokens.count
        tokens.append(place)
      }
    }
    var made: [(tokens: [Int], heads: [Int])] = []
    for window in all {
      var own: [Int] = []
      for place in window.tokens {
        if let place, let token = index[key(place)] {
          own.append(token)
        } else {
          own.append(tokens.count + unplaced)
          unplaced += 1
        }
      }
      made.append((own, window.heads))
    }
    guard tokens.count > 1 else { return nil }
    var lines: [[Double]] = []
    for axis in 0..<3 {
      var line: [Double] = []
      for value in tokens.map({ $0[axis] }).sorted() where line.last.map({ value - $0 > 1 / 16 }) ?? true {
        line.append(value)
      }
      lines.append(line)
    }
    let jump = lines.enumerated().map { axis, line in
      line.count > 1 ? (line[line.count - 1] - line[0]) / Double(line.count - 1) : Double(world.extents[axis])
    }
    let shape = lines.map(\.count)
    guard shape.reduce(1, *) <= 4 * tokens.count else { return nil }
    var cells: [Int] = []
    for token in tokens {
      let place = (0..<3).map { axis -> Int in
        let cell: Double = (token[axis] - lines[axis][0]) / jump[axis]
        return min(shape[axis] - 1, max(0, Int(cell.rounded())))
      }
      cells.append(place[0] + shape[0] * (place[1] + shape[1] * place[2]))
    }
    (self.tokens, unplacedCount, self.cells, windows) = (tokens, unplaced, cells, made)
    grid = LayerGrid(shape: shape, jump: jump, centre: lines.map { $0[0] }, axes: nil, world: world)
  }

  /// All tokens, and those with a place.
  var count: Int { tokens.count + unplacedCount }
  var placedCount: Int { tokens.count }

  /// Whether another grid has the same tokens.
  func isSame(as other: TokenGrid) -> Bool { tokens == other.tokens && unplacedCount == other.unplacedCount }

  /// For each token those of the layer before it that it was merged of: the ones that it is nearest to.
  func owners(in before: TokenGrid) -> [[Int]] {
    var owners = [[Int]](repeating: [], count: count)
    for (token, place) in before.tokens.enumerated() { owners[nearest(place)].append(token) }
    if unplacedCount == before.unplacedCount {
      for index in 0..<unplacedCount { owners[tokens.count + index] = [before.tokens.count + index] }
    }
    return owners
  }

  /// Whether all tokens see each other and the first without a place is a class token: of padding there would be more.
  var hasClassToken: Bool { windows.count == 1 && (1...8).contains(unplacedCount) }

  /// Where rollout begins: at the class token, else evenly at all.
  var start: [Float] {
    let isClass = hasClassToken
    return (0..<(tokens.count + unplacedCount)).map { token in
      isClass ? (token == tokens.count ? 1 : 0) : token < tokens.count ? 1 / Float(tokens.count) : 0
    }
  }

  /// Calls `body` with each query: its token and place in its window, the tokens of its keys, and where its row of each head begins.
  func eachRow(
    of step: AttentionStep, _ body: (_ query: (token: Int, inWindow: Int), _ keys: [Int], _ rows: [Int]) -> Void
  ) {
    for window in windows {
      let count = window.tokens.count
      for query in 0..<count {
        body(
          (window.tokens[query], query), window.tokens, window.heads.map { ($0 * count + query) * count })
      }
    }
  }

  /// What a layer's tokens have, handed to those of the layer before it.
  func handed(_ values: [Float], to before: TokenGrid) -> [Float] {
    if isSame(as: before) { return values }
    var out = [Float](repeating: 0, count: before.count)
    for (own, value) in zip(owners(in: before), values) {
      for target in own { out[target] += value / Float(own.count) }
    }
    return out
  }

  private func nearest(_ place: [Double]) -> Int {
    var (best, least) = (0, Double.infinity)
    for (token, own) in tokens.enumerated() {
      let x = own[0] - place[0]
      let y = own[1] - place[1]
      let z = own[2] - place[2]
      let distance = x * x + y * y + z * z
      if distance < least { (best, least) = (token, distance) }
    }
    return best
  }

  /// The values of the tokens that have a place.
  func placed(_ values: [Float]) -> [Float] { Array(values.prefix(tokens.count)) }

  /// Values of the tokens with a place as volumes on their grid.
  func volume(_ all: [[Float]]) -> Volume {
    let count = grid.shape.count
    var voxels = [Float](repeating: 0, count: count * max(all.count, 1))
    for (channel, values) in all.enumerated() {
      for (token, value) in values.enumerated() { voxels[channel * count + cells[token]] = value }
    }
    return Volume(
      shape: grid.shape, channels: max(all.count, 1), voxels: voxels, affine: grid.affine,
      space: SpaceRecord(sformCode: 1))
  }

  /// Values of the tokens on the network's input, [1, 1, D, H, W]: every voxel has its nearest token's.
  func onInput(_ values: [Float], extents: [Int]) -> Tensor {
    let cells = volume([values])
    let shape = grid.shape.extents
    let places = (0..<3).map { axis in
      (0..<extents[axis]).map { voxel -> Int in
        let cell: Double = (Double(voxel) - grid.centre[axis]) / grid.jump[axis]
        return min(shape[axis] - 1, max(0, Int(cell.rounded())))
      }
    }
    var out: [Float] = []
    out.reserveCapacity(extents.reduce(1, *))
    for d in places[0] {
      for h in places[1] {
        for w in places[2] { out.append(cells.voxels[d + shape[0] * (h + shape[1] * w)]) }
      }
    }
    return Tensor(out, shape: Shape([1, 1] + extents))
  }

  /// Where values are largest, mm.
  func peak(of values: [Float]) -> WorldPoint {
    let best = values.indices.max { (values[$0], $1) < (values[$1], $0) } ?? 0
    let shape = grid.shape
    let cell = cells[best]
    return grid.affine.worldPoint(
      of: VoxelIndex(i: cell % shape.i, j: cell / shape.i % shape.j, k: cell / (shape.i * shape.j)))
  }
}
