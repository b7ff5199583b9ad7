internal import PellucidFaults

/// What can be wrong with transforms.
extension PellucidError {
  private static let kinds =
    "ITK and ANTs (.mat, .txt, displacement fields), FSL FLIRT (.mat) and FreeSurfer (.lta) are read"

  static func unreadableTransform(_ file: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the transform cannot be read",
      why: "the file is missing, empty or not permitted", remedy: "check the path")
  }

  static func reference(_ text: String) -> Self {
    .init(
      .usage, what: "'\(text)' names no transform",
      remedy: "write FILE, inverse:FILE, or FILE:IN:REF for a FLIRT matrix")
  }

  static func brackets(_ text: String) -> Self {
    .init(
      .usage, what: "'\(text)' is not how a transform is named", why: "ANTs' [FILE,1] is written inverse:FILE here",
      remedy: "write for example `atlas-transform` inverse:0GenericAffine.mat,1InverseWarp.nii.gz")
  }

  static func unknownTransform(_ file: String, why: String) -> Self {
    .init(.badData, at: .init(file: file), what: "it is no transform that can be used", why: why, remedy: kinds)
  }

  static func hdf5(_ file: String) -> Self {
    .init(
      .unsupported, at: .init(file: file), what: "the transform is in an HDF5 file (X5, or ANTs' .h5)",
      why: "HDF5 is not read",
      remedy: "convert it: CompositeTransformUtil --disassemble for .h5, nitransforms' to_filename(fmt=\"itk\") for .x5"
    )
  }

  static func components(_ file: String, count: Int) -> Self {
    .init(
      .badData, at: .init(file: file), what: "a displacement field has 3 components a voxel, this image has \(count)",
      remedy: "give the field that ANTs wrote (…Warp.nii.gz)")
  }

  static func inverseField(_ file: String) -> Self {
    .init(
      .usage, at: .init(file: file), what: "a displacement field cannot be applied backwards",
      why: "it says only where the points of its own grid go",
      remedy: "give the field of the other direction (ANTs writes …Warp.nii.gz and …InverseWarp.nii.gz)")
  }

  static func needlessImages(_ text: String, kind: String) -> Self {
    .init(
      .usage, what: "'\(text)' names images, but the file is \(kind)",
      why: "only a FLIRT matrix needs them", remedy: "give the file alone")
  }

  static func imagesWanted(_ text: String) -> Self {
    .init(
      .usage, what: "the FLIRT matrix '\(text)' does not say between which images it goes",
      why: "of several transforms each must", remedy: "write \(text):IN:REF, the images given to flirt as -in and -ref")
  }

  static func singularTransform(_ file: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the transform cannot be inverted", why: "its matrix is singular",
      remedy: "make it again")
  }

  static func itkClass(_ file: String, name: String) -> Self {
    .init(
      .unsupported, at: .init(file: file), what: "the ITK transform \(name) is not read",
      why:
        "affine, Euler3D, versor, similarity and translation transforms and their composites are",
      remedy: "convert it to an affine, or to a displacement field (TransformToDisplacementField)")
  }

  static func ltaType(_ file: String, type: Int) -> Self {
    .init(
      .unsupported, at: .init(file: file), what: "the LTA is of type \(type)",
      why: "0 (voxels to voxels) and 1 (world to world) are read",
      remedy: "convert it: lta_convert --inlta FILE --outlta NEW (add --ltavox2vox for type 0)")
  }

  static func ltaGeometry(_ file: String) -> Self {
    .init(
      .badData, at: .init(file: file), what: "the LTA does not say where its volumes lie",
      why: "src and dst volume info must be valid for a matrix of voxels",
      remedy: "write it as world to world: lta_convert --inlta FILE --outlta NEW")
  }
}
