// SPDX-License-Identifier: MIT
// peer_itk INPUT OUTPUT LEVELS: a pyramid by ITK's BinShrinkImageFilter, in C++ (Debian 12 has no Python for ITK).
//
// Takes 2^LEVELS slices at a time through an ImageSeriesReader, and a chain of BinShrink filters by 2x2x2 makes the
// levels; an ImageSeriesWriter writes each. The filters run on all cores; reader and writer on one. Needs memory for
// 2^LEVELS slices and their levels.
//
// Not exact: every level is rounded (to nearest, ties up) and computed from the rounded level before. BinShrink drops
// what does not fill a box: extents are floor(n / 2) instead of ceil(n / 2), so nx and ny should be multiples of
// 2^LEVELS; a last run of fewer slices is left out. u8, u16 and f32.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <itkBinShrinkImageFilter.h>
#include <itkImage.h>
#include <itkImageIOFactory.h>
#include <itkImageSeriesReader.h>
#include <itkImageSeriesWriter.h>
#include <itkTIFFImageIO.h>

using Names = std::vector<std::string>;

static Names SlicesOf(const std::string & folder)
{
    Names names;
    for (const auto & entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".tif")
            names.push_back(entry.path().string());
    std::sort(names.begin(), names.end());
    return names;
}

template <typename Voxel>
static void WriteSlices(itk::Image<Voxel, 3> * volume, const std::string & folder, size_t first)
{
    using Writer = itk::ImageSeriesWriter<itk::Image<Voxel, 3>, itk::Image<Voxel, 2>>;
    Names names;
    for (size_t z = 0; z < volume->GetLargestPossibleRegion().GetSize(2); z++) {
        char name[32];
        std::snprintf(name, sizeof name, "/%06zu.tif", first + z);
        names.push_back(folder + name);
    }
    auto writer = Writer::New();
    writer->SetImageIO(itk::TIFFImageIO::New());
    writer->SetFileNames(names);
    writer->SetInput(volume);
    writer->Update();
}

template <typename Voxel>
static void Build(const Names & names, const std::string & output, unsigned nlevels)
{
    using Volume = itk::Image<Voxel, 3>;
    const size_t nslices = size_t{ 1 } << nlevels;
    for (size_t first = 0; first + nslices <= names.size(); first += nslices) {
        auto reader = itk::ImageSeriesReader<Volume>::New();
        reader->SetImageIO(itk::TIFFImageIO::New());
        reader->SetFileNames(Names(names.begin() + first, names.begin() + first + nslices));
        reader->Update();
        typename Volume::Pointer volume = reader->GetOutput();
        for (unsigned level = 1; level <= nlevels; level++) {
            auto shrink = itk::BinShrinkImageFilter<Volume, Volume>::New();
            shrink->SetInput(volume);
            shrink->SetShrinkFactors(2);
            shrink->Update();
            volume = shrink->GetOutput();
            volume->DisconnectPipeline();
            WriteSlices<Voxel>(volume, output + "/" + std::to_string(level), first >> level);
        }
    }
}

int main(int argc, char ** argv)
{
    if (argc != 4) {
        std::cerr << "usage: peer_itk INPUT OUTPUT LEVELS\n";
        return 2;
    }
    const Names names = SlicesOf(argv[1]);
    const auto nlevels = static_cast<unsigned>(std::atoi(argv[3]));
    for (unsigned level = 1; level <= nlevels; level++)
        std::filesystem::create_directories(std::string(argv[2]) + "/" + std::to_string(level));
    try {
        auto io = itk::TIFFImageIO::New();
        io->SetFileName(names.at(0));
        io->ReadImageInformation();
        switch (io->GetComponentType()) {
        case itk::IOComponentEnum::UCHAR: Build<unsigned char>(names, argv[2], nlevels); break;
        case itk::IOComponentEnum::USHORT: Build<unsigned short>(names, argv[2], nlevels); break;
        case itk::IOComponentEnum::FLOAT: Build<float>(names, argv[2], nlevels); break;
        default: std::cerr << "peer_itk: slices must be u8, u16 or f32\n"; return 3;
        }
    } catch (const std::exception & error) {
        std::cerr << "peer_itk: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
