internal import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles

/// The map over slices of the scan.
struct PicturePart: ResultPart {
  let role = "picture"
  let ending = ".png"
  private let montage: Montage

  static func parts(of result: DrawnResult) -> [PicturePart] { [PicturePart(montage: result.montage)] }

  func write(to path: String) throws(PellucidError) { try AtomicFile.write(montage.png(), to: path) }
}
