import PellucidAtlases
import PellucidFaults
import PellucidFiles

/// What `--contours` names: an atlas, and regions of it.
///
/// Paths may hold colons, names of regions colons and commas.
struct ContourReference {
  /// Name or path of the atlas.
  let atlas: String
  /// What stands after it; nil: nothing, all regions.
  let regions: String?

  /// Reads `ATLAS` or `ATLAS:REGION,…`: the longest part before a colon that is a file or an atlas's name is the atlas.
  init(_ text: String, library: AtlasLibrary) {
    func isAtlas(_ name: String) -> Bool {
      FileKind.exists(name) || library.entries.contains { $0.name.lowercased() == name.lowercased() }
    }
    let colons = text.indices.filter { text[$0] == ":" }
    let found = colons.last { isAtlas(String(text[..<$0])) }
    guard !isAtlas(text), let colon = found ?? colons.first else {
      (atlas, regions) = (text, nil)
      return
    }
    atlas = String(text[..<colon])
    regions = String(text[text.index(after: colon)...])
  }

  /// The regions named, in the order given.
  ///
  /// Commas separate them, but for those within a name: of several readings the one with the longest names counts.
  /// - Throws: `.usage` for a region that the atlas has not, with near misses.
  func named(in atlas: Atlas) throws(PellucidError) -> [Region]? {
    guard let regions else { return nil }
    var found: [Region] = []
    let parts = regions.split(separator: ",", omittingEmptySubsequences: false)
    var place = 0
    while place < parts.count {
      if parts[place].allSatisfy(\.isWhitespace) {
        place += 1
        continue
      }
      var next: (region: Region, end: Int)?
      for end in stride(from: parts.count, to: place, by: -1) where next == nil {
        let name = parts[place..<end].joined(separator: ",")
        let bare = String(name.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        if let region = (try? atlas.region(named: name)) ?? (try? atlas.region(named: bare)) { next = (region, end) }
      }
      // No reading: the error names the near misses of the first part.
      if let next { found.append(next.region) } else { found.append(try atlas.region(named: String(parts[place]))) }
      place = next?.end ?? place + 1
    }
    if found.isEmpty { throw .noRegion(self.atlas + ":" + regions) }
    return found
  }
}
