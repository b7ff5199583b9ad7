internal import PellucidFaults

extension ModelCard.Scaling {
  /// The scalings that a card's `input` asks for: as many as its longest list has items, or one.
  /// - Throws: `.badData` for values that do not fit, lists of unlike lengths, and `scale` without a normalization to 0…1.
  static func list(_ section: CardMapping) throws(PellucidError) -> [ModelCard.Scaling] {
    var all = [ModelCard.Scaling()]
    var longest: String?
    /// Reads a key, or each item of its list, into the scalings.
    func read(
      _ key: String, nested: Bool = false,
      _ set: (inout ModelCard.Scaling, CardMapping, String) throws(PellucidError) -> Void
    ) throws(PellucidError) {
      guard let items = try section.items(of: key, nested: nested) else {
        for index in all.indices { try set(&all[index], section, key) }
        return
      }
      if all.count == 1, longest == nil {
        all = Array(repeating: all[0], count: items.count)
        longest = key
      }
      guard items.count == all.count else {
        throw section.wrong(
          key, wanted: "as many items as \(longest ?? key) has (\(all.count)), one a channel, or one value for all")
      }
      for (index, item) in items.enumerated() { try set(&all[index], item.section, item.key) }
    }
    try read("clip", nested: true) { (scaling, section, key) throws(PellucidError) in
      scaling.clip = try section.pair(key, wanted: "two intensities, the lower first, such as [0, 1500]").map {
        $0[0]...$0[1]
      }
    }
    try read("normalization") { (scaling, section, key) throws(PellucidError) in
      scaling.normalization = try Normalization(section, key)
    }
    try read("scale", nested: true) { (scaling, section, key) throws(PellucidError) in
      scaling.scale = try section.pair(key, wanted: "two numbers, the lower first, such as [-1, 1]")
      guard scaling.scale != nil else { return }
      switch scaling.normalization {
      case .minmax, .percentile: break
      default: throw section.wrong(key, wanted: "it beside normalization: minmax or percentile, whose 0 and 1 it moves")
      }
    }
    try read("mask") { (scaling, section, key) throws(PellucidError) in
      scaling.mask = try section.choice(key) ?? scaling.mask
    }
    try read("keep_zeros") { (scaling, section, key) throws(PellucidError) in
      scaling.keepZeros = try section.truth(key) ?? scaling.keepZeros
    }
    try read("background") { (scaling, section, key) throws(PellucidError) in
      scaling.background = try section.number(key) ?? scaling.background
    }
    return all
  }
}
