import Foundation
import PellucidFiles
import PellucidVolumes
import TestSupport
import Testing

@Suite struct `An image's digest is made as it is read` {
  /// Plain files, and gzip files of one member.
  @Test(arguments: ReadingCase.all.filter { !$0.file.contains(".hdr") && !$0.file.contains(".img") })
  func `of all its bytes, so that it is not read again`(_ reference: ReadingCase) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("image" + String(reference.file.drop { $0 != "." }))
    let bytes = try Data(contentsOf: URL(filePath: Fixture.path(reference.file)))
    try bytes.write(to: URL(filePath: path))
    try date(path, secondsAgo: 60)
    _ = try? Volume(contentsOf: path)
    let expected = SHA256.hexDigest(of: unsafe Array(bytes).span.bytes)
    #expect(InputFiles.digest(of: path) == expected)
    #expect(try SHA256.hexDigest(ofFile: path) == expected)
  }

  @Test(arguments: ["nii", "nii.gz"])
  func `and anew once it has changed`(ending: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("image." + ending)
    try Volume(shape: GridShape(i: 3, j: 4, k: 5), voxels: (0..<60).map(Float.init), affine: .identity).write(to: path)
    // As if written this very moment, however long the machine takes to read it: the next change may bear the same time.
    try date(path, secondsAgo: -60)
    _ = try Volume(contentsOf: path)
    #expect(InputFiles.digest(of: path) == nil)
    try date(path, secondsAgo: 60)
    _ = try Volume(contentsOf: path)
    let before = try #require(InputFiles.digest(of: path))
    try Volume(shape: GridShape(i: 3, j: 4, k: 5), voxels: (0..<60).map { Float($0 * $0) }, affine: .identity)
      .write(to: path)
    #expect(InputFiles.digest(of: path) == nil)
    #expect(try SHA256.hexDigest(ofFile: path) != before)
  }

  private func date(_ path: String, secondsAgo: Double) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -secondsAgo)], ofItemAtPath: path)
  }
}
