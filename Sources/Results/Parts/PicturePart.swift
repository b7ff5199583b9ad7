internal import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidNetworks

/// The map over slices of the scan.
struct PicturePart: ResultPart {
  let role = "picture"
  let ending = ".png"
  private let result: DrawnResult
  /// Those of whoever has parts written: who writes one has a single thread.
  private let threads: Int

  static func parts(of result: DrawnResult) -> [PicturePart] {
    [PicturePart(result: result, threads: Engine.threads)]
  }

  func write(to path: String) throws(PellucidError) {
    let montage = try result.montage().rendered { (count, tile) throws(PellucidError) in
      try Workers.run(count, on: threads) { (index) throws(PellucidError) in tile(index) }
    }
    try AtomicFile.write(montage.png(), to: path)
  }
}
