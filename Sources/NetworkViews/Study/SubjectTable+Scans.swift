public import PellucidFaults
public import PellucidSubjects
public import PellucidVolumes

extension SubjectTable {
  /// The scans of all lines.
  /// - Throws: `.badData` where a line names none, or there are too few.
  public func scans(atLeast count: Int) throws(PellucidError) -> [ScanReference] {
    var scans: [ScanReference] = []
    for subject in subjects {
      guard let scan = subject.scan else { throw .subjectWithoutScan(source, line: subject.line) }
      scans.append(scan)
    }
    if scans.count < count { throw .tooFewSubjects(source, scans.count, wanted: count) }
    return scans
  }

  /// The file's name without what follows its last dot.
  public var stem: String {
    let name = source.split(separator: "/").last.map(String.init) ?? source
    return name.lastIndex(of: ".").map { $0 == name.startIndex ? name : String(name[..<$0]) } ?? name
  }
}

extension [InputWorld] {
  /// Whether all of them lie alike, to a hundredth of a voxel.
  public var share: Bool { allSatisfy { $0.lies(as: self[0]) } }
}
