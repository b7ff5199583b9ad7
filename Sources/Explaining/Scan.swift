public import PellucidFaults
internal import PellucidFiles
internal import PellucidPreprocessing
public import PellucidResults
public import PellucidVolumes

/// A subject's images as they were read: one file's, or several files' of one subject, a channel each.
public struct Scan: Sendable {
  /// What the user named.
  public let reference: ScanReference
  /// A volume a file.
  public let volumes: [Volume]
  /// The scan on a network's grid, where it was checked that it fits; `maker` says whose grid it is.
  var ready: (maker: Once<Preprocessor>, prepared: PreparedScan)?

  init(reference: ScanReference, volumes: [Volume]) {
    self.reference = reference
    self.volumes = volumes
  }

  /// Reads the files.
  /// - Parameter nan: what to do with voxels that are not finite.
  public init(reading reference: ScanReference, nan: NonFinitePolicy = .refuse) throws(PellucidError) {
    self.reference = reference
    var all: [Volume] = []
    for path in reference.paths { all.append(try Volume(contentsOf: path, nan: nan)) }
    volumes = all
  }

  /// A scan whose voxels are not those of its files, as a disturbed one's.
  package init(_ reference: ScanReference, volumes: [Volume]) { (self.reference, self.volumes) = (reference, volumes) }

  /// The first file's volume: anatomy for pictures.
  public var anatomy: Volume { volumes[0] }

  /// Voxels of all files.
  var voxelCount: Int { volumes.reduce(0) { $0 + $1.voxels.count } }
}

extension ResultFolder {
  /// Checks that results of these scans would stand beside none of other scans of their names, before the first is explained.
  /// - Throws: `.output` naming the record of another scan; `.badData` where a scan's file is not there.
  public func check(_ scans: [ScanReference]) throws(PellucidError) {
    for scan in scans { try check(stem: scan.stem) { () throws(PellucidError) in try scan.digests() } }
  }
}

extension ScanReference {
  /// The files with their SHA-256; of a header with its voxels apart, both.
  package func digests() throws(PellucidError) -> [ResultRecord.FileDigest] {
    var all: [ResultRecord.FileDigest] = []
    for path in paths {
      for file in try Volume.files(ofImage: path) {
        all.append(.init(name: file, sha256: try SHA256.hexDigest(ofFile: file)))
      }
    }
    return all
  }
}
