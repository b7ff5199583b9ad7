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

/// A room's module: `Files` or `Networks` alone could meet a module of another package.
func module(_ room: String) -> String {
  if room.hasPrefix("Pellucid") || room == "TestSupport" { return room }
  let isC = room.hasPrefix("C") && room.dropFirst().first?.isUppercase == true
  return isC ? "CPellucid" + room.dropFirst() : "Pellucid" + room
}

func modules(_ rooms: String...) -> [Target.Dependency] { rooms.map { .target(name: module($0)) } }

/// The folder `Sources/NAME` as the module `PellucidNAME`.
func room(
  _ name: String, _ uses: [Target.Dependency] = [], exclude: [String] = [], settings: [SwiftSetting] = house
) -> Target {
  .target(
    name: module(name), dependencies: uses, path: "Sources/\(name)", exclude: exclude, swiftSettings: settings)
}

/// The tests of a room.
func tests(of name: String, _ uses: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name + "Tests", dependencies: uses, exclude: exclude, swiftSettings: house)
}

let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
  name: "pellucid",
  products: [
    .library(name: "Pellucid", targets: ["Pellucid"]),
    .executable(name: "pellucid", targets: ["PellucidTool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // Neither delimited streams nor field masks are read.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // The C libraries behind the rooms.
    .target(name: module("CMachine"), path: "Sources/CMachine"),
    .target(
      name: module("CKernels"), dependencies: modules("CMachine"), path: "Sources/CKernels",
      linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("gomp", .when(platforms: [.linux]))]),
    .target(
      name: module("CNIfTI"), dependencies: modules("CMachine", "CFiles"), path: "Sources/CNIfTI",
      linkerSettings: ["nifti2", "znz", "z", "deflate", "isal"].map { .linkedLibrary($0) }),
    .systemLibrary(
      name: module("CPNG"), path: "Sources/CPNG", pkgConfig: "libpng",
      providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: module("CCairo"), path: "Sources/CCairo", pkgConfig: "cairo",
      providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
    // Eigen's headers; Statistics alone names its verbs.
    .target(name: module("CLinear"), path: "Sources/CLinear"),
    .target(name: module("CFiles"), path: "Sources/CFiles"),
    .target(name: module("CExhaustion"), dependencies: modules("CFiles"), path: "Sources/CExhaustion"),
    // The page's front end, embedded; the files beside its C file are what it embeds.
    .target(name: module("CFrontEnd"), path: "Sources/CFrontEnd", exclude: ["page"]),

    room("Faults"),
    room("Files", modules("Faults", "CFiles")),
    room("Tables", modules("Faults", "Files")),
    room("Tensors", modules("Faults", "CKernels")),
    room("Volumes", modules("Faults", "Files", "CNIfTI")),
    room("Subjects", modules("Faults", "Files", "Tables", "Volumes")),
    room("OnnxSchema", [protobuf], exclude: ["onnx.proto"], settings: generated),
    room("OnnxFormat", modules("Faults")),
    room("OnnxFiles", modules("Faults", "Files", "OnnxSchema", "OnnxFormat") + [protobuf]),
    room("Networks", modules("Faults", "Tensors", "OnnxFormat", "CKernels")),
    room("ModelCards", modules("Faults", "Files", "Volumes", "Networks") + [yams]),
    room("Preprocessing", modules("Faults", "Tensors", "Volumes", "ModelCards")),
    room("Attribution", modules("Faults", "Tensors", "Networks")),
    room("Faithfulness", modules("Faults", "Tensors", "Networks", "Attribution", "Statistics")),
    room("Transforms", modules("Faults", "Files", "Volumes")),
    room("Atlases", modules("Faults", "Files", "Tables", "Volumes", "Transforms") + [yams]),
    room("Evaluation", modules("Faults", "Volumes", "Atlases")),
    room("Statistics", modules("CLinear")),
    room("Figures", modules("Faults", "Files", "Tables", "Volumes", "CPNG", "CCairo")),
    room(
      "Results",
      modules("Faults", "Files", "Tables", "Tensors", "Volumes", "Networks", "Attribution", "Atlases", "Figures")),
    room(
      "Explaining",
      modules(
        "Faults", "Files", "Tables", "Tensors", "Volumes", "ModelCards", "Preprocessing", "OnnxFormat", "OnnxFiles",
        "Networks", "Attribution", "Transforms", "Atlases", "Results")),
    room(
      "Pages",
      modules(
        "Faults", "Files", "Tables", "Volumes", "Transforms", "Atlases", "Attribution", "Figures", "Results",
        "CFrontEnd")),
    // Only the tool depends on it: programs that use the library get no server.
    room(
      "ViewServer",
      modules("Faults", "Volumes", "Attribution", "Atlases", "Results", "Explaining", "Pages")
        + [.product(name: "FlyingFox", package: "FlyingFox"), .product(name: "FlyingSocks", package: "FlyingFox")]),
    // What a program imports: the rooms that it needs, under one name.
    room(
      "Pellucid",
      modules(
        "Faults", "Tables", "Tensors", "Volumes", "OnnxFormat", "OnnxFiles", "Networks", "ModelCards", "Preprocessing",
        "Attribution", "Transforms", "Atlases", "Results", "Explaining")),
    room(
      "Cohorts",
      modules(
        "Faults", "Files", "Tables", "Tensors", "Volumes", "Subjects", "ModelCards", "Preprocessing", "Networks",
        "Attribution", "Transforms", "Faithfulness", "Atlases", "Evaluation", "Statistics", "Figures", "Results",
        "Explaining")),
    room(
      "NetworkViews",
      modules(
        "Faults", "Files", "Tables", "Tensors", "Volumes", "ModelCards", "Preprocessing", "Networks", "Attribution",
        "Atlases", "Statistics", "Figures", "Results", "Explaining", "Subjects", "OnnxFormat", "OnnxFiles")),
    .executableTarget(
      name: "PellucidTool",
      dependencies: modules(
        "Faults", "Files", "Tables", "Tensors", "Volumes", "Preprocessing", "OnnxFormat", "Networks", "Attribution",
        "Transforms", "Faithfulness", "Atlases", "Evaluation", "Figures", "Results", "Pages", "Explaining", "Cohorts",
        "NetworkViews", "Statistics", "Subjects", "ViewServer", "CExhaustion")
        + [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      // It reads the command line and calls the rooms, which are optimized; here the optimizer is what a build would wait for last.
      swiftSettings: house + [.unsafeFlags(["-Onone"], .when(configuration: .release))]),

    .target(
      name: "TestSupport", dependencies: modules("Faults", "Tensors", "OnnxFormat", "OnnxFiles"),
      path: "Tests/TestSupport",
      swiftSettings: house),
    tests(of: "Faults", modules("Faults")),
    tests(of: "Files", modules("Faults", "Files", "TestSupport")),
    tests(of: "Tables", modules("Faults", "Tables", "TestSupport")),
    tests(of: "Subjects", modules("Faults", "Subjects", "Volumes", "TestSupport")),
    tests(of: "Tensors", modules("Faults", "Tensors", "TestSupport")),
    tests(of: "Volumes", modules("Faults", "Files", "Volumes", "TestSupport"), exclude: ["Fixtures"]),
    tests(
      of: "OnnxFiles", modules("Faults", "Files", "OnnxSchema", "OnnxFormat", "OnnxFiles", "TestSupport") + [protobuf],
      exclude: ["Fixtures"]),
    tests(
      of: "Networks", modules("Faults", "Tensors", "OnnxFormat", "OnnxFiles", "Networks", "TestSupport"),
      exclude: ["Fixtures"]),
    tests(of: "ModelCards", modules("Faults", "Volumes", "Networks", "ModelCards", "TestSupport")),
    tests(
      of: "Preprocessing", modules("Faults", "Tensors", "Volumes", "ModelCards", "Preprocessing", "TestSupport"),
      exclude: ["Fixtures"]),
    tests(
      of: "Attribution",
      modules("Faults", "OnnxFormat", "OnnxFiles", "Tensors", "Networks", "Attribution", "TestSupport"),
      exclude: ["Fixtures"]),
    tests(
      of: "Faithfulness",
      modules("Faults", "OnnxFormat", "OnnxFiles", "Tensors", "Networks", "Attribution", "Faithfulness"),
      exclude: ["Fixtures"]),
    tests(of: "Transforms", modules("Faults", "Volumes", "Transforms", "TestSupport"), exclude: ["Fixtures"]),
    tests(of: "Atlases", modules("Faults", "Tables", "Volumes", "Transforms", "Atlases", "TestSupport")),
    tests(of: "Evaluation", modules("Faults", "Volumes", "Atlases", "Evaluation"), exclude: ["Fixtures"]),
    tests(of: "Statistics", modules("Statistics", "TestSupport"), exclude: ["Fixtures"]),
    tests(of: "Figures", modules("Faults", "Tables", "Volumes", "Figures"), exclude: ["Fixtures"]),
    tests(of: "Results", modules("Results")),
    tests(of: "Pages", modules("Volumes", "Pages")),
    tests(
      of: "Pellucid",
      modules(
        "Faults", "Tensors", "Volumes", "ModelCards", "Preprocessing", "OnnxFormat", "OnnxFiles", "Networks",
        "Attribution",
        "Atlases", "Results", "Explaining", "TestSupport"), exclude: ["Fixtures"]),
    tests(
      of: "Cohorts",
      modules(
        "Faults", "Files", "Tables", "Volumes", "Attribution", "Atlases", "Evaluation", "Explaining", "Cohorts",
        "TestSupport")),
    tests(
      of: "NetworkViews",
      modules(
        "Faults", "Files", "Tables", "Tensors", "Volumes", "ModelCards", "Preprocessing", "OnnxFormat", "OnnxFiles",
        "Networks",
        "Attribution", "Atlases", "Statistics", "Figures", "Results", "Explaining", "Subjects", "NetworkViews",
        "TestSupport"),
      exclude: ["Fixtures"]),
    // Runs the program; the dependency builds it.
    tests(
      of: "PellucidTool",
      modules("Faults", "Files", "Volumes", "Networks", "Figures", "Results", "PellucidTool", "TestSupport"),
      exclude: ["Fixtures", "Snapshots"]),
  ],
  cxxLanguageStandard: .cxx20
)

// The fuzzer (`make fuzz`) is there only when asked for: it links libFuzzer's runtime, and nobody else should build it.
if Context.environment["PELLUCID_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "CFuzzer", path: "Fuzz/CFuzzer"),
    .executableTarget(
      name: "PellucidFuzz",
      dependencies: modules(
        "Faults", "Tensors", "Volumes", "ModelCards", "OnnxSchema", "OnnxFormat", "OnnxFiles", "Networks",
        "Attribution",
        "Transforms",
        "Atlases", "Explaining")
        + ["CFuzzer", protobuf], path: "Fuzz/Harness", swiftSettings: house),
  ]
}
