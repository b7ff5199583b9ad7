internal import CPellucidNIfTI
public import PellucidFaults

/// What becomes of voxels that are NaN or infinite.
public enum NonFinitePolicy: String, Sendable, Hashable, CaseIterable {
  /// The image is refused, naming the first.
  case refuse
  /// They are taken as 0 (SPM's background); a note says how many.
  case zero
}

extension Volume {
  /// Reads an image: `.nii`, `.nii.gz`, `.hdr`/`.img` (NIfTI-1, NIfTI-2, Analyze 7.5; each half plain or `.gz`), `.mgh`, `.mgz`.
  ///
  /// Voxels are the stored numbers × slope + intercept (computed in double, kept as float32). The affine is the sform where its code
  /// is set, else the qform, else the voxel sizes (as nibabel takes them); of an Analyze image with SPM's `.mat` beside it, that one. The
  /// fourth axis becomes ``channels``.
  /// - Throws: `.badData` where the file cannot be what it claims, or its voxels take more than ``ImageMemory``'s limit; `.unsupported`
  ///   for RGB, complex and 5D images, and other formats, saying how to convert them.
  public init(contentsOf path: String, nan: NonFinitePolicy = .refuse) throws(PellucidError) {
    let reader = try VolumeReader(path)
    self = try reader.volume(nan: nan)
  }

  /// Reads an image one volume of its fourth axis after the other, so that never more than one is in memory.
  ///
  /// - Parameter body: is handed each volume (one channel), its place from 0 on, and how many there are; the first has the notes.
  /// - Throws: as ``init(contentsOf:nan:)``, and what `body` throws.
  public static func forEachVolume(
    of path: String, nan: NonFinitePolicy = .refuse,
    _ body: (_ volume: Volume, _ place: Int, _ count: Int) throws(PellucidError) -> Void
  ) throws(PellucidError) {
    let reader = try VolumeReader(path)
    try reader.forEachVolume(nan: nan, body)
  }

  /// Reads an image of vectors: five axes, of which the fourth has one place and the fifth a vector's components; they become
  /// ``channels``.
  /// - Throws: as ``init(contentsOf:nan:)``; `.badData` for an image that is not of this kind.
  public init(vectorsIn path: String, nan: NonFinitePolicy = .refuse) throws(PellucidError) {
    let reader = try VolumeReader(path, ofVectors: true)
    self = try reader.volume(nan: nan)
  }
}

/// Reads one image in two steps: the header, checked; then the voxels, block by block.
private struct VolumeReader {
  let files: ImageFiles
  let header: Header
  let geometry: HeaderGeometry
  var notes: [Note]

  init(_ path: String, ofVectors: Bool = false) throws(PellucidError) {
    files = try ImageFiles(path)
    let stream = try InputStream(files.header)
    let bytes = try stream.read(Int(PV_HEADER_BYTES), part: "header")
    guard var stored = VolumeReader.header(bytes, of: files.header) else {
      if let format = ForeignFormat(bytes, name: files.header) { throw .foreignFormat(path, format) }
      if ImageName.ending(of: files.header)?.hasPrefix(".mg") == true {
        throw .notFreeSurfers(path, bytes: bytes.count)
      }
      let why =
        bytes.count < 348
        ? "it holds only \(bytes.count) bytes, a header has 348" : "its first bytes are no header of either format"
      throw .notAnImage(path, why: why)
    }
    if ofVectors {
      guard stored.dim[0] == 5, (0...1).contains(stored.dim[4]) else {
        throw .notVectors(path, extents: Array(stored.dim[1...max(1, min(7, stored.dim[0]))]))
      }
      (stored.dim[0], stored.dim[4], stored.dim[5]) = (4, stored.dim[5], 1)
    }
    try VolumeReader.checkContainer(stored, files)
    do throws(PellucidError) {
      (header, notes) = try HeaderCheck.run(on: stored)
      geometry = try HeaderGeometry(
        header, matrix: header.format == .analyze ? try SPMMatrix.beside(files) : nil)
    } catch { throw error.located(in: files.header) }
    if files.header.lowercased().hasSuffix(".gz"), !stream.isCompressed {
      notes.append(Note(what: "\(files.header) is not compressed, in spite of its name", how: "read as it is"))
    }
    notes += geometry.notes
  }

  /// The header of the format that the name tells.
  private static func header(_ bytes: [UInt8], of name: String) -> Header? {
    ImageName.ending(of: name)?.hasPrefix(".mg") == true ? MGHHeader.header(bytes) : Header(bytes)
  }

  private static func checkContainer(_ header: Header, _ files: ImageFiles) throws(PellucidError) {
    if files.isPair, header.isSingleFile {
      throw .wrongContainer(
        files.header, why: "the header says that its voxels follow in the same file", remedy: "rename it to .nii")
    }
    guard !files.isPair, !header.isSingleFile else { return }
    guard header.format != .analyze else { throw .notAnImage(files.named, why: "it has no NIfTI magic") }
    throw .wrongContainer(
      files.header, why: "the header says that its voxels are in a separate .img file",
      remedy: "rename the two files to .hdr and .img")
  }

  func volume(nan: NonFinitePolicy) throws(PellucidError) -> Volume {
    let stream = try voxelStream(atOnce: true)
    try checkMemory(channels: header.channels)
    let voxels = try readVoxels(header.shape.count * header.channels, from: stream)
    try stream.finish(part: "voxel data")
    return try volume(voxels, channels: 0..<header.channels, nan, notes: notes)
  }

  func forEachVolume(
    nan: NonFinitePolicy, _ body: (Volume, Int, Int) throws(PellucidError) -> Void
  ) throws(PellucidError) {
    let stream = try voxelStream()
    try checkMemory(channels: 1)
    for place in 0..<header.channels {
      let voxels = try readVoxels(header.shape.count, from: stream, after: place * header.shape.count)
      try body(
        try volume(voxels, channels: place..<(place + 1), nan, notes: place == 0 ? notes : []), place, header.channels)
    }
    try stream.finish(part: "voxel data")
  }

  /// What is to be in memory at once must fit.
  private func checkMemory(channels: Int) throws(PellucidError) {
    let bytes = header.shape.count * channels * MemoryLayout<Float>.size
    guard bytes <= ImageMemory.limit else {
      let extents = header.shape.extents + (channels > 1 ? [channels] : [])
      throw .tooMuchMemory(files.named, extents: extents, bytes: bytes, limit: ImageMemory.limit)
    }
  }

  /// The file at its first voxel; it may hold all of them.
  /// - Parameter atOnce: whether a compressed file may be unpacked in memory as a whole.
  private func voxelStream(atOnce: Bool = false) throws(PellucidError) -> InputStream {
    let wanted = header.shape.count * header.channels * header.bytesPerVoxel
    let stream = try InputStream(files.voxels)
    if atOnce, wanted / 1032 <= files.voxelBytes { stream.unpack(header.dataOffset + wanted) }
    try skip(to: header.dataOffset, in: stream)
    if !stream.isCompressed {
      let has = max(0, files.voxelBytes - header.dataOffset)
      guard wanted <= has else { throw .truncated(files.voxels, wants: wanted, has: has) }
    } else {
      // deflate squeezes at most 1032 bytes into one.
      guard wanted / 1032 <= files.voxelBytes else {
        throw .impossibleExpansion(files.voxels, wants: wanted, has: files.voxelBytes)
      }
    }
    return stream
  }

  private func volume(
    _ stored: (voxels: [Float], areFinite: Bool), channels: Range<Int>, _ nan: NonFinitePolicy, notes: [Note]
  ) throws(PellucidError) -> Volume {
    var voxels = stored.voxels
    var notes = notes
    if !stored.areFinite, let note = try settleNonFinite(&voxels, from: channels.lowerBound, nan) { notes.append(note) }
    return Volume(
      shape: header.shape, channels: channels.count, voxels: voxels, affine: geometry.affine, space: geometry.space,
      source: files.named, notes: notes)
  }

  /// Reads over what stands before the voxels (and makes sure that the stream knows whether it is compressed).
  private func skip(to offset: Int, in stream: borrowing InputStream) throws(PellucidError) {
    _ = try stream.read(0, part: "header")
    guard offset <= files.voxelBytes || stream.isCompressed else {
      throw .badHeader("vox_offset", why: "the voxels start at byte \(offset), the file has \(files.voxelBytes)")
        .located(in: files.header)
    }
    var left = offset
    while left > 0 {
      let got = try stream.read(min(left, 1 << 20), part: "header").count
      guard got > 0 else {
        throw .badHeader("vox_offset", why: "the file ends before byte \(offset), where the voxels are to start")
          .located(in: files.header)
      }
      left -= got
    }
  }

  /// The converted voxels, and whether all are finite; read in blocks that fit a cache, so that no second copy of the image is ever in
  /// memory and none is gone over twice.
  /// - Parameter before: how many were read already.
  private func readVoxels(
    _ count: Int, from stream: borrowing InputStream, after before: Int = 0
  ) throws(PellucidError) -> (voxels: [Float], areFinite: Bool) {
    let size = header.bytesPerVoxel
    // Twice zlib's own buffer, from which on it unpacks without one.
    let block = (1 << 17) / size
    let scaling = header.scaling
    var areFinite = true
    var failure: PellucidError?
    let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: block * size, alignment: 16)
    defer { unsafe raw.deallocate() }
    let voxels = unsafe [Float](onLargePages: count) { out, filled in
      filled = 0
      guard let base = raw.baseAddress, let target = out.baseAddress else { return }
      while filled < count {
        let now = min(block, count - filled)
        do throws(PellucidError) {
          let got = try unsafe stream.read(into: base, now * size, part: "voxel data")
          guard got == now * size else {
            let all = header.shape.count * header.channels
            failure = .truncated(files.voxels, wants: all * size, has: (before + filled) * size + got)
            return
          }
        } catch {
          failure = error
          return
        }
        // now ≤ count − filled values are written from target + filled on.
        let status = unsafe pv_convert(
          base, now, Int32(header.datatype), header.isSwapped ? 1 : 0, scaling == nil ? 0 : 1, scaling?.slope ?? 1,
          scaling?.intercept ?? 0, target + filled)
        precondition(status == 0, "the header's checks let only real numbers through")
        if header.mayHoldNonFinite, areFinite { areFinite = unsafe pv_first_not_finite(target + filled, now) == now }
        filled += now
      }
    }
    if let failure { throw failure }
    return (voxels, areFinite)
  }

  /// Refuses NaN and infinite voxels, or sets them to 0 and says how many there were.
  private func settleNonFinite(
    _ voxels: inout [Float], from firstChannel: Int, _ policy: NonFinitePolicy
  ) throws(PellucidError) -> Note? {
    let first = unsafe pv_first_not_finite(voxels, voxels.count)
    guard first < voxels.count else { return nil }
    let value = voxels[first]
    var count = 0
    for n in first..<voxels.count where !voxels[n].isFinite {
      count += 1
      if policy == .zero { voxels[n] = 0 }
    }
    // An image without a single number is no background, it is a mistake.
    if policy == .zero, count == voxels.count { throw .nothingFinite(files.named) }
    if policy == .zero {
      let which = count == 1 ? "1 voxel of \(voxels.count) is" : "\(count) voxels of \(voxels.count) are"
      return Note(
        what: "\(which) NaN or infinite", how: count == 1 ? "it is taken as 0" : "they are taken as 0", weight: .told)
    }
    let shape = header.shape
    let place = first % shape.count
    throw .notFinite(
      files.named, voxel: VoxelIndex(i: place % shape.i, j: place / shape.i % shape.j, k: place / (shape.i * shape.j)),
      channel: header.channels > 1 ? firstChannel + first / shape.count : nil, value: value, count: count)
  }
}
