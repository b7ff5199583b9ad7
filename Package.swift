// swift-tools-version: 6.3
import PackageDescription

// Rooms, in the order in which data flows through them; each may import only what stands in its dependencies
// (`make lint` checks it with --explicit-target-dependency-import-check error).

let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
]

/// The generated protobuf code is not ours to warn about.
let generated: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let package = Package(
  name: "pellucid",
  products: [
    .library(name: "Pellucid", targets: ["Pellucid"]),
    .executable(name: "pellucid", targets: ["PellucidTool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // The C libraries behind the rooms.
    .target(
      name: "CKernels", linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("gomp", .when(platforms: [.linux]))]),
    .target(
      name: "CNIfTI",
      linkerSettings: [.linkedLibrary("nifti2"), .linkedLibrary("znz"), .linkedLibrary("z"), .linkedLibrary("deflate")]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
    .target(name: "CFiles"),

    .target(name: "Faults", swiftSettings: house),
    .target(name: "Files", dependencies: ["Faults", "CFiles"], swiftSettings: house),
    .target(name: "Tables", dependencies: ["Faults", "Files"], swiftSettings: house),
    .target(name: "Tensors", dependencies: ["Faults", "CKernels"], swiftSettings: house),
    .target(name: "Volumes", dependencies: ["Faults", "Files", "CNIfTI"], swiftSettings: house),
    .target(name: "Subjects", dependencies: ["Faults", "Files", "Tables", "Volumes"], swiftSettings: house),
    .target(
      name: "OnnxSchema", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["onnx.proto"], swiftSettings: generated),
    .target(
      name: "OnnxFormat",
      dependencies: ["Faults", "Files", "OnnxSchema", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      swiftSettings: house),
    .target(name: "Networks", dependencies: ["Faults", "Tensors", "OnnxFormat", "CKernels"], swiftSettings: house),
    .target(name: "ModelCards", dependencies: ["Faults", "Files", "Volumes", "Networks", "Yams"], swiftSettings: house),
    .target(
      name: "Preprocessing", dependencies: ["Faults", "Tensors", "Volumes", "ModelCards"], swiftSettings: house),
    .target(name: "Attribution", dependencies: ["Faults", "Tensors", "Networks"], swiftSettings: house),
    .target(name: "Transforms", dependencies: ["Faults", "Files", "Volumes"], swiftSettings: house),
    .target(
      name: "Atlases", dependencies: ["Faults", "Files", "Tables", "Volumes", "Transforms", "Yams"],
      swiftSettings: house),
    .target(name: "Evaluation", dependencies: ["Faults", "Volumes", "Atlases"], swiftSettings: house),
    .target(
      name: "Figures", dependencies: ["Faults", "Files", "Tables", "Volumes", "CPNG", "CCairo"], swiftSettings: house),
    .target(
      name: "Results",
      dependencies: [
        "Faults", "Files", "Tables", "Tensors", "Volumes", "Networks", "Attribution", "Atlases", "Figures",
      ],
      swiftSettings: house),
    .target(
      name: "Explaining",
      dependencies: [
        "Faults", "Files", "Tensors", "Volumes", "ModelCards", "Preprocessing", "OnnxFormat", "Networks", "Attribution",
        "Transforms", "Atlases", "Results",
      ],
      swiftSettings: house),
    .target(
      name: "Pellucid",
      dependencies: [
        "Faults", "Networks", "Preprocessing", "Attribution", "Transforms", "Volumes", "Atlases", "Results", "Explaining",
      ],
      swiftSettings: house),
    .target(
      name: "Cohorts",
      dependencies: [
        "Faults", "Files", "Tables", "Volumes", "Subjects", "ModelCards", "Preprocessing", "Networks", "Attribution",
        "Atlases", "Evaluation", "Figures", "Results", "Explaining",
      ],
      swiftSettings: house),
    .executableTarget(
      name: "PellucidTool",
      dependencies: [
        "Faults", "Files", "Tables", "Tensors", "Volumes", "Preprocessing", "OnnxFormat", "Networks", "Attribution",
        "Transforms", "Atlases", "Evaluation", "Figures", "Results", "Explaining", "Cohorts",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: house),

    .target(
      name: "TestSupport", dependencies: ["Faults", "Tensors", "OnnxFormat"], path: "Tests/TestSupport",
      swiftSettings: house),
    .testTarget(name: "FaultsTests", dependencies: ["Faults"], swiftSettings: house),
    .testTarget(name: "TablesTests", dependencies: ["Faults", "Tables", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "SubjectsTests", dependencies: ["Faults", "Subjects", "Volumes", "TestSupport"], swiftSettings: house),
    .testTarget(name: "TensorsTests", dependencies: ["Faults", "Tensors", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "NetworksTests", dependencies: ["Faults", "Tensors", "OnnxFormat", "Networks", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: house),
    .testTarget(
      name: "OnnxFormatTests",
      dependencies: [
        "Faults", "OnnxSchema", "OnnxFormat", "TestSupport", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Fixtures"], swiftSettings: house),
    .testTarget(
      name: "AttributionTests",
      dependencies: ["Faults", "OnnxFormat", "Tensors", "Networks", "Attribution", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: house),
    .testTarget(
      name: "PellucidTests",
      dependencies: [
        "Faults", "Tensors", "Volumes", "ModelCards", "Preprocessing", "OnnxFormat", "Networks", "Attribution",
        "Atlases", "Results", "Explaining", "TestSupport",
      ], exclude: ["Fixtures"], swiftSettings: house),
    .testTarget(
      name: "TransformsTests", dependencies: ["Faults", "Volumes", "Transforms", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: house),
    .testTarget(
      name: "EvaluationTests", dependencies: ["Faults", "Volumes", "Atlases", "Evaluation"], exclude: ["Fixtures"],
      swiftSettings: house),
    .testTarget(
      name: "AtlasesTests", dependencies: ["Faults", "Tables", "Volumes", "Transforms", "Atlases", "TestSupport"],
      swiftSettings: house),
    .testTarget(name: "ResultsTests", dependencies: ["Results"], swiftSettings: house),
    .testTarget(
      name: "FiguresTests", dependencies: ["Faults", "Tables", "Volumes", "Figures"], exclude: ["Fixtures"],
      swiftSettings: house),
    .testTarget(
      name: "ModelCardsTests", dependencies: ["Faults", "Volumes", "Networks", "ModelCards", "TestSupport"],
      swiftSettings: house),
    .testTarget(
      name: "PreprocessingTests",
      dependencies: ["Faults", "Tensors", "Volumes", "ModelCards", "Preprocessing", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: house),
    // Runs the program; the dependency builds it.
    .testTarget(
      name: "PellucidToolTests", dependencies: ["Faults", "Volumes", "Figures", "PellucidTool", "TestSupport"],
      exclude: ["Fixtures", "Snapshots"], swiftSettings: house),
    .testTarget(name: "FilesTests", dependencies: ["Faults", "Files", "TestSupport"], swiftSettings: house),
    .testTarget(
      name: "VolumesTests", dependencies: ["Faults", "Files", "Volumes", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: house),
  ],
  cxxLanguageStandard: .cxx20
)

// The fuzzer (`make fuzz`) is there only when asked for: it links libFuzzer's runtime, and nobody else should build it.
if Context.environment["PELLUCID_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Fuzz/CFuzzer"),
    .executableTarget(
      name: "PellucidFuzz",
      dependencies: [
        "Faults", "Tensors", "Volumes", "ModelCards", "OnnxSchema", "OnnxFormat", "Networks", "Transforms", "Atlases",
        "CFuzzer", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], path: "Fuzz/Harness", swiftSettings: house),
  ]
}
