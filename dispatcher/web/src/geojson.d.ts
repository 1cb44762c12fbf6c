// What esbuild's JSON loader makes of the base map's files.
declare module "*.geojson" {
  const collection: GeoJSON.FeatureCollection;
  export default collection;
}
