package import PellucidVolumes

/// Packs a page's volumes so that the page stays small enough to send and to open.
///
/// Every volume begins with steps finer than a screen shows. While all together are too much, the one that takes the most room beyond its
/// share gets steps twice as large.
package struct PageBudget {
  /// What a page of three maps may take, bytes; every further one may take ``more``.
  static let page = 8_000_000
  static let more = 1_400_000
  /// Script, style, records and tables.
  private static let text = 400_000
  /// The coarsest steps: 63 of a map, an eighth of the greys of a scan.
  private static let (coarsestMap, coarsestScan) = (4, 3)

  /// The packed volumes.
  package private(set) var anatomy: PackedVolume?
  package private(set) var maps: [PackedVolume]

  /// - Parameter others: bytes of what is packed already, such as labels.
  package init(anatomy scan: (volume: Volume, window: ClosedRange<Float>)?, maps volumes: [Volume], others: Int) {
    let most = (Self.page + max(0, volumes.count - 3) * Self.more - Self.text) / 4 * 3 - others
    anatomy = scan.map { PackedVolume(anatomy: $0.volume, window: $0.window, coarseness: 0) }
    maps = volumes.map { PackedVolume(map: $0, coarseness: 0) }
    var coarseness = [Int](repeating: 0, count: volumes.count)
    var scanCoarseness = 0
    while (anatomy?.bytes.count ?? 0) + maps.reduce(0, { $0 + $1.bytes.count }) > most {
      let open = maps.indices.filter { coarseness[$0] < Self.coarsestMap }
      let worst = open.max { maps[$0].bytes.count < maps[$1].bytes.count }
      // A scan is worth two maps.
      let isScan = (anatomy?.bytes.count ?? 0) > 2 * (worst.map { maps[$0].bytes.count } ?? 0)
      if isScan, let scan, scanCoarseness < Self.coarsestScan {
        scanCoarseness += 1
        anatomy = PackedVolume(anatomy: scan.volume, window: scan.window, coarseness: scanCoarseness)
      } else if let worst {
        coarseness[worst] += 1
        maps[worst] = PackedVolume(map: volumes[worst], coarseness: coarseness[worst])
      } else {
        break
      }
    }
  }
}
