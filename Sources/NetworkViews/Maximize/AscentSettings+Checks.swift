internal import PellucidFaults

extension AscentSettings {
  /// Refuses what means nothing.
  func check() throws(PellucidError) {
    func part(_ name: String, _ value: Float) throws(PellucidError) {
      guard value >= 0, value < 1 else { throw .setting(name, "\(value)", wanted: "a part from 0 to below 1") }
    }
    func notNegative(_ name: String, _ value: Double, upTo most: Double) throws(PellucidError) {
      guard value >= 0, value <= most else { throw .setting(name, "\(value)", wanted: "a number from 0 to \(most)") }
    }
    guard (0...1_000_000).contains(steps) else {
      throw .setting("steps", "\(steps)", wanted: "a whole number from 0 to 1000000")
    }
    guard rate > 0, rate.isFinite else { throw .setting("rate", "\(rate)", wanted: "a number above 0") }
    try part("momentum", momentum)
    try part("decay", decay)
    try part("small-norm", smallNorm)
    try part("small-contribution", smallContribution)
    try notNegative("blur", blur, upTo: 100)
    guard blurEvery > 0 else { throw .setting("blur-every", "\(blurEvery)", wanted: "a whole number of at least 1") }
    try notNegative("jitter", jitter, upTo: 1000)
    try notNegative("scaling", scaling, upTo: 1)
    try notNegative("rotation", rotation, upTo: 180)
    try notNegative("noise", Double(noise), upTo: 1e6)
    if let bound { guard bound > 0 else { throw .setting("bound", "\(bound)", wanted: "a number above 0") } }
    if let clip { guard clip > 0 else { throw .setting("clip", "\(clip)", wanted: "a number above 0") } }
    guard !seeds.isEmpty, seeds.count <= 100, seeds.allSatisfy({ $0 >= 0 }) else {
      throw .setting("seeds", "\(seeds.count)", wanted: "1 to 100 whole numbers of at least 0")
    }
    if parametrization == .frequencies {
      let onVoxels = [("blur", blur > 0), ("small-norm", smallNorm > 0), ("small-contribution", smallContribution > 0)]
      if let (name, _) = onVoxels.first(where: { $0.1 }) { throw .settingOfVoxels(name) }
    }
  }
}

extension PellucidError {
  static func setting(_ name: String, _ value: String, wanted: String) -> Self {
    .init(.usage, what: "`\(name)` \(value) is not \(wanted)")
  }

  static func settingOfVoxels(_ name: String) -> Self {
    .init(
      .usage, what: "`\(name)` is about single voxels, and `parametrization` frequencies moves none by itself",
      remedy: "leave `\(name)` out, or give `parametrization` voxels")
  }
}
