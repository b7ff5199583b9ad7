internal import PellucidAttribution
internal import PellucidFaults
internal import PellucidFigures
internal import PellucidFiles
internal import PellucidNetworks
internal import PellucidResults
internal import PellucidStatistics
internal import PellucidVolumes
internal import Synchronization

/// Groups compared voxel by voxel, where all their maps lie on one grid.
struct GroupMaps {
  /// A method's maps of the members.
  private struct Maps {
    var label: String
    var measure: Relevance.Measure
    /// A path a member, in the members' order.
    var paths: [String]
    var first: Volume
    /// The first member's scan, for pictures.
    var scan: String?
  }

  private let study: GroupStudy
  private let permutations: Int
  private var isPaired: Bool { study.options.sessions != nil }

  init(_ study: GroupStudy) {
    self.study = study
    permutations = study.options.permutations
  }

  /// Adds mean and difference maps of every method that has them, and with `voxelwise` their t, TFCE and p.
  /// - Returns: the files' names, and what was left out.
  func add(to files: FileSet) throws(PellucidError) -> (names: [String], notes: [Note]) {
    var (names, notes): ([String], [Note]) = ([], [])
    for method in study.data.methods {
      let maps: Maps
      do {
        guard let found = try self.maps(of: method) else { continue }
        maps = found
      } catch {
        guard !study.options.voxelwise, error.kind == .badData else { throw error }
        let words = [error.place.file, error.what].compactMap { $0 }.joined(separator: ": ")
        notes.append(
          Note(what: words, how: "\(method) has no mean maps; `space` atlas makes maps that have", weight: .told))
        continue
      }
      names += try addMeans(maps, method, files)
      if study.options.voxelwise { names += try addTests(maps, method, files) }
    }
    if study.options.voxelwise, names.isEmpty { throw .noMaps(study.data.folder.path) }
    return (names, notes)
  }

  // MARK: Reading

  /// Where the members' maps are; nil where one has none, as with `keep` tables.
  private func maps(of method: String) throws(PellucidError) -> Maps? {
    var maps: Maps?
    for member in study.members {
      let visit = study.data.visits[member.visit]
      guard let name = BIDSName(participant: visit.participant, session: visit.session) else { return nil }
      let folder = study.data.folder.path(of: name.folder)
      guard let record = SubjectRecord(at: folder + "/" + SubjectRecord.fileName(of: name)),
        let result = record.results.first(where: { $0.method == method }),
        let stored = try? ResultRecord(contentsOf: folder + "/" + result.record.name),
        let file = stored.files["volume"]
      else { return nil }
      let path = folder + "/" + file.name
      if var known = maps {
        let grid = stored.map
        guard grid.shape == known.first.shape.extents,
          zip(grid.affine, known.first.affine.elements).allSatisfy({ abs($0 - $1) < 1e-3 })
        else { throw .otherGrid(path, than: known.paths[0]) }
        known.paths.append(path)
        maps = known
      } else {
        let label = result.start.split(separator: "_").last { $0.hasPrefix("desc-") }
        maps = Maps(
          label: label.map { String($0.dropFirst(5)) } ?? "map", measure: stored.measure, paths: [path],
          first: try map(at: path), scan: stored.scan.first?.name)
      }
    }
    return maps
  }

  /// A member's map, its channels added up.
  private func map(at path: String) throws(PellucidError) -> Volume {
    let volume = try Volume(contentsOf: path)
    return volume.channels > 1 ? volume.channelsSummed() : volume
  }

  // MARK: Means

  private func addMeans(_ maps: Maps, _ method: String, _ files: FileSet) throws(PellucidError) -> [String] {
    var sums = [
      [Double](repeating: 0, count: maps.first.voxels.count), [Double](repeating: 0, count: maps.first.voxels.count),
    ]
    for (path, member) in zip(maps.paths, study.members) {
      let map = try map(at: path)
      let place = member.isA ? 0 : 1
      for voxel in map.voxels.indices { sums[place][voxel] += Double(map.voxels[voxel]) }
    }
    let counts = [study.members.count(where: \.isA), study.members.count { !$0.isA }]
    var means = [maps.first, maps.first]
    for place in 0..<2 { means[place].voxels = sums[place].map { Float($0 / Double(counts[place])) } }
    var difference = maps.first
    difference.voxels = zip(sums[0], sums[1]).map { Float($0 / Double(counts[0]) - $1 / Double(counts[1])) }
    var names: [String] = []
    for (volume, name) in [(means[0], "mean_A"), (means[1], "mean_B"), (difference, "difference")] {
      names.append(try add(volume, "group_\(maps.label)_\(name).nii.gz", "\(name) of \(method)", files))
    }
    if let scan = maps.scan, let anatomy = try? Volume(contentsOf: scan),
      anatomy.channels == 1
    {
      var options = MontageOptions()
      options.title = "\(study.names.0) − \(study.names.1) · \(method)"
      options.subtitle =
        "difference of the groups' mean maps (n = \(counts[0]) and \(counts[1])), on the scan of \(study.data.visits[study.members[0].visit].name)"
      options.label = "relevance"
      if maps.measure == .regional { options.interpolation = .nearest }
      let name = "group_\(maps.label)_difference.png"
      try files.add(try Montage(anatomy: anatomy, overlay: difference, options: options).png(), as: name)
      names.append(name)
    }
    return names
  }

  private func add(
    _ volume: Volume, _ name: String, _ words: String, _ files: FileSet
  ) throws(PellucidError) -> String {
    try files.add(as: name) { path throws(PellucidError) in
      try volume.write(to: path, description: "Pellucid \(pellucidVersion) group: \(words)")
    }
    return name
  }

  // MARK: Tests

  /// t, TFCE and family-wise p of both under shuffled labels, where any member has relevance.
  private func addTests(_ maps: Maps, _ method: String, _ files: FileSet) throws(PellucidError) -> [String] {
    var mask = [Bool](repeating: false, count: maps.first.shape.count)
    var all: [[Float]] = []
    for path in maps.paths {
      let voxels = try map(at: path).voxels
      for voxel in voxels.indices where voxels[voxel] != 0 { mask[voxel] = true }
      all.append(voxels)
    }
    let inside = mask.indices.filter { mask[$0] }
    for member in all.indices {
      let full = all[member]
      all[member] = inside.map { full[$0] }
    }
    let model: VoxelModel?
    let count: Int
    if isPaired {
      let pairs = stride(from: 0, to: all.count, by: 2).map { place -> [Float] in
        zip(all[place], all[place + 1]).map { $0 - $1 }
      }
      (model, count) = (VoxelModel(pairs: pairs), pairs.count)
    } else {
      model = VoxelModel(
        all, isA: study.members.map(\.isA), covariates: study.covariates.columns(of: study.members.map(\.visit)))
      count = all.count
    }
    all = []
    guard let model, !inside.isEmpty else { throw .nothingVaries(method) }
    let enhancement = ClusterEnhancement(mask: mask, extents: maps.first.shape.extents)
    let t = model.t()
    let enhanced = enhancement.enhanced(t)
    let largest = Mutex<[(t: Double, enhanced: Double)]>([])
    let seed = study.options.seed
    try Workers.run(permutations, on: Engine.threads) { (number) throws(PellucidError) in
      let shuffled = model.t(Shuffle(number, seed: seed, count: count))
      let found = (
        t: shuffled.reduce(0) { max($0, abs($1)) },
        enhanced: enhancement.enhanced(shuffled).reduce(0) { max($0, abs($1)) }
      )
      largest.withLock { $0.append(found) }
    }
    let found = largest.withLock { $0 }
    func p(_ values: [Double], _ largest: [Double]) -> [Double] {
      let sorted = largest.sorted()
      return values.map { value in
        // How many are at least as large.
        var (low, high) = (0, sorted.count)
        while low < high {
          let middle = (low + high) / 2
          if sorted[middle] < abs(value) * (1 - 1e-12) { low = middle + 1 } else { high = middle }
        }
        return Double(sorted.count - low + 1) / Double(sorted.count + 1)
      }
    }
    func volume(_ values: [Double], outside: Float) -> Volume {
      var volume = maps.first
      volume.voxels = [Float](repeating: outside, count: mask.count)
      for (place, voxel) in inside.enumerated() { volume.voxels[voxel] = Float(values[place]) }
      return volume
    }
    var names: [String] = []
    names.append(try add(volume(t, outside: 0), "group_\(maps.label)_t.nii.gz", "t of \(method)", files))
    names.append(try add(volume(enhanced, outside: 0), "group_\(maps.label)_tfce.nii.gz", "TFCE of \(method)", files))
    guard permutations > 0 else { return names }
    for (values, largest, name) in [
      (t, found.map(\.t), "t_p_fwe"), (enhanced, found.map(\.enhanced), "tfce_p_fwe"),
    ] {
      names.append(
        try add(
          volume(p(values, largest), outside: 1), "group_\(maps.label)_\(name).nii.gz",
          "family-wise p, \(permutations) permutations, of \(method)", files))
    }
    return names
  }
}
