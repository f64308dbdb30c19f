//! Plots as SVG.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::combinators::LogCoord;
use plotters::coord::types::RangedCoordi32;
use plotters::prelude::*;

const SIZE: (u32, u32) = (900, 520);

/// Colours that people with any kind of sight can tell apart.
const COLOURS: [RGBColor; 9] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(120, 200, 160),
    RGBColor(204, 121, 167),
    RGBColor(150, 80, 130),
    RGBColor(90, 90, 90),
    RGBColor(230, 159, 0),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn plain(error: impl std::fmt::Debug) -> anyhow::Error {
    anyhow!("cannot draw: {error:?}")
}

/// A curve for each of `names`, both axes logarithmic.
pub fn lines(file: &Path, title: &str, names: &[&str], curves: &[Vec<(f64, f64)>]) -> Result<()> {
    let points = || curves.iter().flatten();
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::MIN, f64::max);
    let least = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(f64::MAX, f64::min);
    if points().next().is_none() {
        return Ok(());
    }
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(plain)?;
    let (x, y) = (|point: &(f64, f64)| point.0, |point: &(f64, f64)| point.1);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (least(x)..most(x) * 1.1).log_scale(),
            (least(y) * 0.8..most(y) * 1.2).log_scale(),
        )
        .map_err(plain)?;
    chart.configure_mesh().x_desc("N").y_desc("ms").draw().map_err(plain)?;
    for (index, (name, curve)) in names.iter().zip(curves).enumerate() {
        let style = COLOURS[index % COLOURS.len()].stroke_width(2);
        chart
            .draw_series(LineSeries::new(curve.iter().copied(), style))
            .map_err(plain)?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .border_style(BLACK)
        .background_style(WHITE)
        .draw()
        .map_err(plain)?;
    area.present().map_err(plain)
}

/// Points with a name each, joined in their order.
pub fn marks(file: &Path, title: &str, marks: &[(String, (f64, f64))]) -> Result<()> {
    let around = |of: fn(&(f64, f64)) -> f64| {
        let values = || marks.iter().map(|(_, mark)| of(mark));
        let (least, most) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
        let margin = 0.1 * (most - least).max(0.01);
        least - margin..most + margin
    };
    if marks.is_empty() {
        return Ok(());
    }
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(plain)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(around(|mark| mark.0), around(|mark| mark.1))
        .map_err(plain)?;
    let mut mesh = chart.configure_mesh();
    mesh.x_desc("compiling, ns/B").y_desc("running, Cranelift = 1").draw().map_err(plain)?;
    let places = marks.iter().map(|(_, mark)| *mark);
    chart.draw_series(LineSeries::new(places.clone(), COLOURS[2])).map_err(plain)?;
    let circles = places.map(|mark| Circle::new(mark, 4, COLOURS[0].filled()));
    chart.draw_series(circles).map_err(plain)?;
    let names = marks.iter().map(|(name, mark)| {
        EmptyElement::at(*mark) + Text::new(name.clone(), (6, -14), ("sans-serif", 14))
    });
    chart.draw_series(names).map_err(plain)?;
    area.present().map_err(plain)
}

/// A group of bars, with its name: a value, or none, for each of the names.
pub type Group = (String, Vec<Option<f64>>);

/// A group of bars for each of `groups`, the values on a logarithmic axis.
pub fn bars(file: &Path, title: &str, names: &[&str], groups: &[Group]) -> Result<()> {
    let values = || groups.iter().flat_map(|(_, values)| values).flatten().copied();
    let (least, most) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
    if values().next().is_none() {
        return Ok(());
    }
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(plain)?;
    let step = names.len() as i32 + 1;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0..step * groups.len() as i32, (least * 0.7..most * 1.3).log_scale())
        .map_err(plain)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .y_desc("ns/B")
        .draw()
        .map_err(plain)?;
    for (index, name) in names.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let bars = groups.iter().enumerate().filter_map(|(group, (_, values))| {
            let at = group as i32 * step + index as i32;
            let corners = [(at, least * 0.7), (at + 1, values[index]?)];
            Some(Rectangle::new(corners, colour.filled()))
        });
        chart
            .draw_series(bars)
            .map_err(plain)?
            .label(*name)
            .legend(move |(x, y)| Rectangle::new([(x, y - 4), (x + 18, y + 4)], colour.filled()));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .border_style(BLACK)
        .background_style(WHITE.mix(0.8))
        .draw()
        .map_err(plain)?;
    group_names(&area, &chart, step, groups)?;
    area.present().map_err(plain)
}

type Bars<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordi32, LogCoord<f64>>>;

/// The names of groups, below the axis.
fn group_names(area: &Area<'_>, chart: &Bars<'_, '_>, step: i32, groups: &[Group]) -> Result<()> {
    let (_, rows) = chart.plotting_area().get_pixel_range();
    for (index, (name, _)) in groups.iter().enumerate() {
        let (x, _) = chart.backend_coord(&(index as i32 * step, 1.0));
        let text = Text::new(name.clone(), (x, rows.end + 10), ("sans-serif", 14));
        area.draw(&text).map_err(plain)?;
    }
    Ok(())
}
