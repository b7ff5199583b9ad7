/// What regions are merged by.
public enum AtlasGrouping: String, Hashable, Sendable, CaseIterable {
  /// The regions of a lobe, on each side by itself; regions without a lobe stay as they are.
  case lobe
  /// The left, the right and the middle region of one name.
  case bilateral
}

extension Atlas {
  /// The atlas with regions merged; a group has the least of its regions' labels.
  ///
  /// - Parameter groupings: several are applied one after the other: `lobe`, `bilateral` gives the lobes of both sides together.
  public func grouped(by groupings: [AtlasGrouping]) -> Atlas {
    groupings.reduce(self) { $0.grouped(by: $1) }
  }

  private func grouped(by grouping: AtlasGrouping) -> Atlas {
    var groups: [String: [Region]] = [:]
    for region in regions {
      let key: String
      switch grouping {
      case .lobe: key = region.lobe.map { "\($0)\n\(region.hemisphere.rawValue)" } ?? "\n\(region.index)"
      case .bilateral: key = SideOfName.removed(from: region.name).lowercased()
      }
      groups[key, default: []].append(region)
    }
    var out = self
    out.regions = []
    out.members = [:]
    var labels: [Int32: Int32] = [:]
    for group in groups.values {
      guard let first = group.min(by: { $0.index < $1.index }) else { continue }
      for region in group { labels[region.index] = first.index }
      out.members[first.index] = group.flatMap { members[$0.index] ?? [$0.index] }.sorted()
      out.regions.append(Self.merged(group, first, grouping))
    }
    out.regions.sort { $0.index < $1.index }
    out.image = image.relabelled(labels)
    out.bentImage = bentImage?.relabelled(labels)
    return out
  }

  private static func merged(_ group: [Region], _ first: Region, _ grouping: AtlasGrouping) -> Region {
    var region = first
    if grouping == .lobe, let lobe = first.lobe {
      let side = first.hemisphere == .left ? "_L" : first.hemisphere == .right ? "_R" : ""
      region.name = lobe + side
    } else if group.count > 1 {
      region.name = SideOfName.removed(from: first.name)
      region.hemisphere = .both
    }
    return region
  }
}
