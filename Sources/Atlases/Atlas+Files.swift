public import PellucidFaults
internal import PellucidFiles
internal import PellucidVolumes

extension Atlas {
  /// Reads an atlas from a label image, or from a folder with a card.
  ///
  /// - Parameters:
  ///   - path: a NIfTI or Analyze image of labels, or of probabilities (a volume a region), or a folder with `atlas.yaml`.
  ///   - labels: the label file, or a name of ``BundledLabels``; nil: the card's, or one beside the image: `STEM.tsv`, `STEM.nii.txt`,
  ///     `STEM.txt`, `STEM.csv`, `labels.tsv`; without any FreeSurfer's names in `.mgh` and `.mgz` files and the bundled names whose
  ///     numbers an image unmistakably has, with a note; else the regions are called `region-N`, with a note.
  ///   - policy: how strictly labels are read.
  /// - Throws: `.badData` for an image or label file that cannot be read or holds what is no label.
  public init(
    contentsOf path: String, labels: String? = nil, policy: LabelVolume.Policy = .init()
  ) throws(PellucidError) {
    let cardPath = path + "/" + AtlasCard.fileName
    if FileKind.exists(cardPath) {
      try self.init(card: AtlasCard(contentsOf: cardPath), folder: path, labels: labels, policy)
      return
    }
    let image = try LabelVolume(contentsOf: path, policy: policy)
    if let found = labels ?? Self.labelFile(beside: path) {
      self.init(name: ImageName.stem(of: path), image: image, labels: try Self.table(found, for: image))
      files = try Self.sourceFiles(image: path, labels: found)
      return
    }
    // FreeSurfer's own format carries FreeSurfer's numbers; in other files numbers must speak for themselves.
    let isOwn = ImageName.ending(of: path)?.hasPrefix(".mg") == true && image.probabilities == nil
    let bundled = isOwn ? .freesurfer : BundledLabels(recognizing: image)
    self.init(name: ImageName.stem(of: path), image: image, labels: bundled?.table(for: image))
    files = try Self.sourceFiles(image: path, labels: nil)
    if let bundled { notes.append(bundled.note(recognized: !isOwn)) }
  }

  /// A table of names: a bundled one by its name, or a file.
  private static func table(_ labels: String, for image: LabelVolume) throws(PellucidError) -> LabelTable {
    if let bundled = BundledLabels(rawValue: labels.lowercased()), !FileKind.exists(labels) {
      return bundled.table(for: image)
    }
    return try LabelTable(contentsOf: labels)
  }

  /// Reads an atlas of the library.
  /// - Parameter labels: a label file to use instead of the atlas's own.
  /// - Throws: `.badData` as ``init(contentsOf:labels:policy:)``.
  public init(
    _ entry: AtlasLibrary.Entry, labels: String? = nil, policy: LabelVolume.Policy = .init()
  ) throws(PellucidError) {
    try self.init(card: entry.card, folder: entry.folder, labels: labels, policy)
  }

  private init(
    card: AtlasCard, folder: String, labels: String?, _ policy: LabelVolume.Policy
  ) throws(PellucidError) {
    let imagePath = folder + "/" + card.image
    let labelsPath = labels ?? folder + "/" + card.labels
    let image = try LabelVolume(contentsOf: imagePath, policy: policy)
    let table = try Self.table(labelsPath, for: image)
    self.init(name: card.name, image: image, labels: table, card: card)
    files = try Self.sourceFiles(image: imagePath, labels: labelsPath)
  }

  private static func sourceFiles(image: String, labels: String?) throws(PellucidError) -> [SourceFile] {
    var all: [SourceFile] = []
    for path in try Volume.files(ofImage: image) + [labels].compactMap(\.self).filter(FileKind.exists) {
      all.append(SourceFile(path: path, sha256: try SHA256.hexDigest(ofFile: path)))
    }
    return all
  }

  /// A label file beside an image, the most particular first; nil where there is none.
  private static func labelFile(beside path: String) -> String? {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let start = path.contains("/") ? folder + "/" : ""
    let stem = start + ImageName.stem(of: path)
    return [stem + ".tsv", stem + ".nii.txt", stem + ".txt", stem + ".csv", start + "labels.tsv"].first {
      FileKind.exists($0)
    }
  }
}

extension AtlasLibrary {
  /// The atlas that a user asks for: a name of the library, or a path.
  ///
  /// - Parameters:
  ///   - nameOrPath: names come first; then what is there as a file or folder.
  ///   - labels: a label file to use instead of the atlas's own; nil: its own.
  ///   - policy: how strictly labels are read.
  /// - Throws: `.usage` for what is neither a name nor looks like a path, with the near misses; `.badData` for a bad file.
  public func atlas(
    _ nameOrPath: String, labels: String? = nil, policy: LabelVolume.Policy = .init()
  ) throws(PellucidError) -> Atlas {
    if let entry = entries.first(where: { $0.name.lowercased() == nameOrPath.lowercased() }) {
      return try Atlas(entry, labels: labels, policy: policy)
    }
    if nameOrPath.contains("/") || ImageName.ending(of: nameOrPath) != nil || FileKind.exists(nameOrPath) {
      return try Atlas(contentsOf: nameOrPath, labels: labels, policy: policy)
    }
    throw .unknownAtlas(nameOrPath, known: entries.map(\.name), searched: folders.isEmpty ? searched : nil)
  }
}
